"""The border of the importer: uploaded bytes in, checked conversations out. Nothing here knows Django or a database.

- `sniffing`, `files`, `unpacking`: a file as numbered lines, with flat memory
- `decoding`, `explaining`: the bytes of a line as a value, or why not
- `recognising`, `converting`, `messages`, `toolturns`: a value as messages, whatever shape it was written in
- `checking`: what CustomJSON cannot hold, and template tokens in the text
- `records`: all of it for one line, for the importer's loop
- `editing`: the same rules for what the editor sends
- `canonical`, `oddities`: the stored text and its hash; characters that cannot be seen
"""
