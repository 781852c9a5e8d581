from tasks.bundled import write_all

write_all()
