// The floor: what it costs to start and end any static program.
int main(void) { return 0; }
