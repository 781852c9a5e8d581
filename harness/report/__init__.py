"""Reports for people: a static site of run folders, and the server that shows it on this machine.

The site is one page whose data are classic scripts (`data/*.js`), as a page opened from a file:// URL may load
nothing else. Everything that a model wrote goes through JSON and becomes text nodes, never markup.
"""
