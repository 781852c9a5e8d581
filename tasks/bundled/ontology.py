"""Two small ontologies of our own a task, with sentences about invented places and people and their triples."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path

from tasks.bundled.writing import write_json, write_lines

# name -> concepts, relations (label, domain, range: "" for a literal), sentence pattern over the objects, objects
_Relation = tuple[str, str, str, str, tuple[str, ...]]

_LIGHTHOUSES: tuple[_Relation, ...] = (
    ("located on", "lighthouse", "island", "stands on {}", ("Tarn", "Great Holm (north)", "Vessel, Isle of")),
    ("built by", "lighthouse", "human", "was built by {}", ("Ada Holm", "Piet van Dorn")),
    ("first lit", "lighthouse", "", "was first lit on {}", ("04 May 1871", "19 August 1902")),
)
_FERRIES: tuple[_Relation, ...] = (
    ("operated by", "ferry", "company", "is operated by {}", ("Sound Line", "Brack & Sons")),
    ("home port", "ferry", "harbour", "has its home port in {}", ("Ostby", "Port Emmeline")),
    ("named after", "ferry", "human", "is named after {}", ("Ada Holm", "Queen Irmela")),
)
_BRIDGES: tuple[_Relation, ...] = (
    ("crosses", "Bridge", "River", "crosses the {}", ("River_Amble", "Little_Usk")),
    ("lengthInMetres", "Bridge", "", "is {} metres long", ("410.5", "88")),
    ("architect", "Bridge", "Person", "was designed by {}", ("Noor_Abadi", "J._P._Fenn")),
)
_CHEESES: tuple[_Relation, ...] = (
    ("countryOfOrigin", "Cheese", "Country", "comes from {}", ("Norland", '"Republic of Vale"')),
    ("madeFrom", "Cheese", "Milk", "is made from {}", ("Goat_milk", "Ewe_milk_(raw)")),
    ("region", "Cheese", "Place", "is known in {}", ("Hill_Country,_Norland", "Lower_Vale")),
)

_TEKGEN = {
    "1_lighthouse": (_LIGHTHOUSES, ("Skerry Light", "Old Ness Light")),
    "2_ferry": (_FERRIES, ("MF Tove", "Dart")),
}
_WEBNLG = {
    "1_bridge": (_BRIDGES, ("Amble_Bridge", "Usk,_Old_Bridge")),
    "2_cheese": (_CHEESES, ("Valedale", "Blue_Fenn")),
}
_ROWS = 8


def _write(folder: Path, ontologies: Mapping[str, tuple[tuple[_Relation, ...], tuple[str, ...]]], seed: int) -> None:
    draw = random.Random(seed)
    for name, (relations, subjects) in ontologies.items():
        concepts = sorted({end for _, domain, reach, _, _ in relations for end in (domain, reach) if end})
        content = {
            "title": f"{name.partition('_')[2].title()} Ontology",
            "id": f"ont_{name}",
            "concepts": [{"qid": f"C{number}", "label": label} for number, label in enumerate(concepts)],
            "relations": [
                {
                    "pid": f"R{number}",
                    "label": label,
                    "domain": f"C{concepts.index(domain)}",
                    "range": f"C{concepts.index(reach)}" if reach else "",
                }
                for number, (label, domain, reach, _, _) in enumerate(relations)
            ],
        }
        write_json(folder / "ontologies" / f"{name}_ontology.json", content)
        rows = []
        for number in range(1, _ROWS + 1):
            subject = draw.choice(subjects)
            chosen = [(*entry[:4], draw.choice(entry[4])) for entry in draw.sample(relations, draw.randint(1, 3))]
            said = [pattern.format(target.replace("_", " ").strip('"')) for _, _, _, pattern, target in chosen]
            triples = [{"sub": subject, "rel": label, "obj": target} for label, _, _, _, target in chosen]
            sentence = f"{subject.replace('_', ' ')} {' and '.join(said)}."
            rows.append(json.dumps({"id": f"ont_{name}_test_{number}", "sent": sentence, "triples": triples}))
        write_lines(folder / "ground_truth" / f"ont_{name}_ground_truth.jsonl", rows)


def write(root: Path) -> None:
    _write(root / "tekgen", _TEKGEN, 50)
    _write(root / "webnlg", _WEBNLG, 51)
