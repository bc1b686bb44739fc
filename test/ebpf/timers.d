tick-1s { @[cpu, arg0 != 0] = lquantize(timestamp, 0, 1000, 100); printf("%d", walltimestamp); }
