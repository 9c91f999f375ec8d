# Commands for gdb-multiarch at a `quarterdeck boot --gdb PORT` or `relieve --gdb PORT`:
#
#   gdb-multiarch -x scripts/gdb/quarterdeck.gdb -ex "target remote :PORT" -ex kernels
#
# `kernels` loads the symbols of the firmware and of each kernel at the addresses where it lies now.
# Call it again when a kernel has been loaded, or has gone. It needs no Python, but a shell, and for
# a moment a file in the folder where gdb was started.
set confirm off
set pagination off
set architecture riscv:rv32
set trust-readonly-sections on

define kernels
  symbol-file
  pipe monitor kernels | cat >.quarterdeck-kernels.gdb
  source .quarterdeck-kernels.gdb
  shell rm -f .quarterdeck-kernels.gdb
end
document kernels
Load the symbols of firmware and kernels where they lie now.
end
