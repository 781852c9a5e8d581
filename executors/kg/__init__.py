"""Questions to knowledge graphs: s-expressions over an ontology, SPARQL on a store, and comparing both."""
