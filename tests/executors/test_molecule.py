"""Molecules: the same by InChI and by canonical SMILES, alike by fingerprints, and hostile SMILES bounded."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from executors.molecule import compare
from executors.outcome import Status

ALANINE = "C[C@@H](C(=O)O)N"


@pytest.mark.parametrize(
    ("one", "other", "same_inchi", "same_canonical"),
    [
        ("OCC", "CCO", True, True),
        ("[Cl-].[Na+]", "[Na+].[Cl-]", True, True),
        ("Sc1ccccn1", "C1=CC(=S)NC=C1", True, False),
        ("C[C@H](C(=O)O)N", ALANINE, False, False),
        ("CC(=O)[O-]", "CC(=O)O", False, False),
        ("C/C=C\\\\C", "C/C=C\\C", True, True),
        ("CCO aspirin", "CCO", True, True),
        ("", "CCO", False, False),
    ],
    ids=["order", "salt", "tautomer", "mirror", "charge", "doubled backslash", "name", "empty molecule"],
)
def test_the_same(one: str, other: str, same_inchi: bool, same_canonical: bool) -> None:
    value = compare(one, other).value
    assert isinstance(value, dict)
    assert (value["same_inchi"], value["same_canonical"]) == (same_inchi, same_canonical)


def test_likeness() -> None:
    same, like = compare(ALANINE, ALANINE).value, compare("CC(C(=O)O)O", ALANINE).value
    assert isinstance(same, dict)
    assert isinstance(like, dict)
    for name in ("maccs", "rdk", "morgan"):
        assert same[name] == 1.0
        assert 0 < like[name] < 1  # type: ignore[operator]


@pytest.mark.parametrize(
    "text", ["C1CC", "C(", "cccccc", "C(C)(C)(C)(C)C", "CCO>>CC", "SMILES: CCO", "InChI=1S/CH4/h1H4", "?"]
)
def test_no_molecule(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert compare(text, "CCO").status is Status.INVALID
    assert capfd.readouterr().err == "", "RDKit is silent"


def cage(atoms: int) -> str:
    """Dummy atoms, all bonded to one another: no rule of valence stops them."""
    molecule = Chem.RWMol()
    for atom in range(atoms):
        molecule.AddAtom(Chem.Atom(0))
        for other in range(atom):
            molecule.AddBond(atom, other, Chem.BondType.SINGLE)
    return str(Chem.MolToSmiles(molecule))


@pytest.mark.parametrize(
    "text",
    [
        "C" * 4001,
        "C(" * 1900 + ")" * 1900,
        "C1CC1" * 700,
        "C1CC1" * 190,
        "*" + "(*)" * 90,
        cage(14),
        "C%99" * 900,
        "[" * 3000,
    ],
    ids=["long", "deep", "many atoms", "many rings", "star", "cage", "open ring", "brackets"],
)
def test_hostile_smiles_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    assert compare(text, "CCO").status is Status.INVALID
    assert time.process_time() - started < 2


@settings(max_examples=300, deadline=2000)
@given(st.text(max_size=40) | st.text(alphabet="CNOcn()[]=#123%+-/\\@H.*>Cl \ud800\x00", max_size=40))
def test_any_text_has_an_outcome(text: str) -> None:
    assert compare(text, "CCO").status in (Status.OK, Status.INVALID)
