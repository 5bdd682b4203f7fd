"""Example applications, one small file each, and the traffic that `asgispy demo` drives through them.

Owns: what introductions to ASGI teach, as programs that run: `asgispy run asgispy.demo.chat:app`, or the same name
under any ASGI server. `catalogue` lists them, `tour` mounts them all, `traffic` visits the tour. What must not move
in: anything of the inspector; an example is an application like any other.
"""
