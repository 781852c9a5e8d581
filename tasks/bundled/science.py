"""Well-known small molecules described in our own words, with backslashes doubled as the official file doubles them."""

from __future__ import annotations

from pathlib import Path

from tasks.bundled.writing import write_lines

_MOLECULES = (
    ("water, two hydrogens on one oxygen", "O"),
    ("the alcohol of two carbons, found in wine", "CCO"),
    ("the ring of six aromatic carbons", "c1ccccc1"),
    ("acetic acid, the acid of vinegar", "CC(=O)O"),
    ("sodium chloride written as its two ions", "[Na+].[Cl-]"),
    ("the alkene of four carbons whose methyls lie on the same side of the double bond", "C/C=C\\C"),
    ("the alkene of four carbons whose methyls lie on opposite sides of the double bond", "C/C=C/C"),
    ("the L form of the amino acid alanine, uncharged", "C[C@@H](C(=O)O)N"),
    ("the D form of the amino acid alanine, uncharged", "C[C@H](C(=O)O)N"),
    ("pyridine, benzene with one nitrogen in the ring", "c1ccncc1"),
    ("caffeine, a xanthine with three methyl groups on nitrogen", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"),
    ("aspirin, the acetate ester of salicylic acid", "CC(=O)OC1=CC=CC=C1C(=O)O"),
    ("methylammonium, methylamine with one proton more", "C[NH3+]"),
    ("urea, carbonic acid with both hydroxy groups replaced by amino groups", "NC(=O)N"),
    ("maleic acid, the cis form of butenedioic acid", "OC(=O)/C=C\\C(=O)O"),
    ("cyclohexanone, a ring of six carbons of which one is a ketone", "C1CCC(=O)CC1"),
)


def write(root: Path) -> None:
    rows = (
        f"{900000 + number}\t{smiles}\tThe molecule is {words}.".replace("\\", "\\\\")
        for number, (words, smiles) in enumerate(_MOLECULES)
    )
    write_lines(root / "chebi20" / "test.txt", ["CID\tSMILES\tdescription", *rows])
