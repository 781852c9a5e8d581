"""Molecules as SMILES: whether a line is one, and how like another it is.

Source: MolT5's evaluation (blender-nlp/MolT5 754f9bff, mol_translation_metrics.py and fingerprint_metrics.py), which
calls two molecules the same when their InChI are: some tautomers are, other charges and stereo are not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors
from rdkit.Chem.inchi import MolToInchi

from executors.outcome import Outcome, Status, Value, one_line

rdBase.DisableLog("rdApp.*")

# Of 450 rows of ChEBI-20 the longest has 391 characters, the largest 163 atoms, the most rings 18.
MAX_CHARACTERS = 4000
MAX_ATOMS = 600
MAX_RINGS = 100
# RDKit's path fingerprint enumerates subgraphs of up to 7 bonds, of which walks of that length tell the number's order:
# those rows have at most 81,000 of them, 14 dummy atoms all bonded to one another a billion.
MAX_WALKS = 1_000_000
_PATH_LENGTH = 7


class InvalidError(ValueError):
    """The text is no molecule to RDKit, or larger than any answer; the message says which."""


def compare(smiles: str, reference: str) -> Outcome:
    """A molecule beside the one wanted; `invalid` when RDKit refuses it. Raises InvalidError for a bad `reference`.

    Value: canonical (SMILES) and inchi, same_inchi and same_canonical, and the Tanimoto similarities maccs, rdk and
    morgan (radius 2, counted).
    """
    try:
        molecule = _parse(smiles)
    except InvalidError as error:
        return Outcome.failed(Status.INVALID, error)
    wanted = _parse(reference)
    canonical, inchi = Chem.MolToSmiles(molecule), _inchi(molecule)
    likeness: dict[str, Value] = {
        name: DataStructs.TanimotoSimilarity(fingerprint(molecule), fingerprint(wanted))
        for name, fingerprint in _fingerprints().items()
    }
    same: dict[str, Value] = {
        "same_inchi": inchi == _inchi(wanted),
        "same_canonical": canonical == Chem.MolToSmiles(wanted),
    }
    return Outcome(Status.OK, {"canonical": canonical, "inchi": inchi} | same | likeness)


@functools.cache
def _fingerprints() -> Mapping[str, Callable[[Chem.Mol], Any]]:
    return {
        "maccs": rdMolDescriptors.GetMACCSKeysFingerprint,
        "rdk": Chem.RDKFingerprint,
        "morgan": rdFingerprintGenerator.GetMorganGenerator(radius=2).GetSparseCountFingerprint,
    }


def _inchi(molecule: Chem.Mol) -> str:
    to_inchi: Any = MolToInchi
    return str(to_inchi(molecule))


def _parse(smiles: str) -> Chem.Mol:
    """RDKit's reading: what follows the first white space is a name, an empty text is the empty molecule."""
    if len(smiles) > MAX_CHARACTERS:
        raise InvalidError(f"{len(smiles)} characters where no molecule has more than a few hundred")
    try:
        _bounded(Chem.MolFromSmiles(smiles, sanitize=False), smiles)
        molecule = Chem.MolFromSmiles(smiles)
    except (ValueError, RuntimeError, TypeError) as error:  # a lone surrogate, an invariant of RDKit's own
        raise InvalidError(f"no SMILES: {error}") from error
    if molecule is None:
        raise InvalidError(f"no molecule by the rules of valence and aromaticity: {one_line(smiles, 60)!r}")
    return molecule


def _bounded(molecule: Chem.Mol | None, smiles: str) -> None:
    """Raises InvalidError for what is no SMILES, and for what would take RDKit more than seconds."""
    if molecule is None:
        raise InvalidError(f"no SMILES: {one_line(smiles, 60)!r}")
    atoms, bonds = molecule.GetNumAtoms(), molecule.GetNumBonds()
    if atoms > MAX_ATOMS:
        raise InvalidError(f"{atoms} atoms where no molecule has more than a few hundred")
    rings = bonds - atoms + len(Chem.GetMolFrags(molecule))
    if rings > MAX_RINGS:
        raise InvalidError(f"{rings} rings where no molecule has more than a few dozen")
    if atoms and _walks(molecule) > MAX_WALKS:
        raise InvalidError("its atoms have too many neighbours")


def _walks(molecule: Chem.Mol) -> float:
    """How many walks of 7 bonds there are."""
    bonds = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]
    ends = np.array(bonds, dtype=np.int64).reshape(-1, 2)
    walks: NDArray[Any] = np.ones(molecule.GetNumAtoms())
    for _ in range(_PATH_LENGTH):
        walks = np.bincount(ends.ravel(), weights=walks[ends[:, ::-1]].ravel(), minlength=len(walks))
    return float(walks.sum())
