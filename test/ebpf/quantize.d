test:::ints { @ = quantize(args[4]); }
