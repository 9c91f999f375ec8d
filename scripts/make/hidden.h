// Included by the build before each C file of a kernel: every symbol stays inside its image, so the
// compiler reaches other files' data relative to pc, and needs no global offset table.
#pragma GCC visibility push(hidden)
