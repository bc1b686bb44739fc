/* More than the kernel takes is refused with the clause's place. */
#pragma D option strsize=16384
test:::strs { this->s = args[0]; this->t = strjoin(this->s, args[1]); trace(this->t); }
