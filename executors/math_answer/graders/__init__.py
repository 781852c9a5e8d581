"""What compares LaTeX by computing, inside the jail: nothing here may import anything of this project but itself."""
