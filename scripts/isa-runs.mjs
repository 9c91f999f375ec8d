// Runs: two or three instructions that stand one behind the other so often that the core does them
// at one turn of its loop (a third to two thirds more speed). Decoding gives the first entry of a
// run the run's op number; the others keep their own, so a jump into the middle is as before. A run
// of three begins with a run of two, and only a run's last instruction may branch or jump.
//
// Chosen by counting: over the benchmark's four programs (compiled with compressed instructions
// too) and reliefs of both kernels, each time the run that saves most turns next, until the op
// numbers of one byte were used up. C_ is the compressed form of an op.

/** What follows each first instruction; the names are those of the core's ops. */
const AFTER = {
  ADD:
    "C_ADD, ADD, ADD SRLI, ADDI, ADDI SB, ADDI SW, AND, BEQ_NEAR, BNE_BACK, LBU, LBU BNE_BACK, " +
    "LBU LBU, LW, LW ADDI, LW ANDI, LW BEQ_NEAR, SLLI, SLLI ANDI, SRLI, SUB",
  C_ADDI: "BNE_BACK, C_ADDI, C_ADDI BLTU_BACK",
  C_XOR: "C_ADD",
  ADDI:
    "ADD, ADD BNE_BACK, ADD LW, ADDI, ADDI ADDI, ADDI BEQ_BACK, ADDI BEQ_NEAR, " +
    "ADDI BLTU_BACK, ANDI, ANDI SLLI, AUIPC, AUIPC JALR, BEQ_BACK, BEQ_NEAR, BGEU_NEAR, " +
    "BLTU_BACK, BLTU_NEAR, BLT_BACK, BNE_BACK, JAL_NEAR, LUI, LUI ADDI, LW, LW ADDI, LW LW, " +
    "SLLI, SLLI ADD, SUB, SUB BNE_BACK, SW, SW ADDI, SW SW, XOR, XOR BNE_BACK",
  AND: "ADD, ADD LBU, ADDI, SRLI, SRLI XOR",
  ANDI: "ADD, BEQ_BACK, SLLI, SLLI ADD",
  AUIPC: "JALR",
  LBU: "ADD, ADD ADD, ADDI",
  LUI: "ADDI, ADDI ADD",
  LW:
    "ADD, ADDI, ADDI ADDI, ADDI JALR, ADDI SW, ANDI, BEQ_BACK, BEQ_NEAR, BNE_BACK, BNE_NEAR, " +
    "LW, LW ADD, LW LW, SLLI, SRLI, SRLI XOR, SW, SW SW, XOR, XOR SRLI",
  MUL: "SRLI, SRLI ADD, SRLI XOR",
  MULHU: "ADD, ADD SUB",
  OR: "ADDI, ADDI XOR, AND, OR",
  SB: "ADDI, ADDI ADDI, BEQ_BACK, BNE_BACK",
  SLLI: "ADD, ADD ADD, ADD ADDI, ADD LW, LUI, LUI ADDI, OR, SRLI, SRLI MUL",
  SLTU: "SLTU",
  SRAI: "AND, AND ADDI",
  SRLI:
    "ADD, ADD SRLI, ADDI, ADDI BNE_BACK, LW, LW SLLI, MUL, SB, SB BEQ_BACK, SB C_BEQ_BACK, " +
    "XOR, XOR ADD, XOR ADDI, XOR MUL",
  SUB: "SUB, SUB BGE_BACK",
  SW: "ADDI, ADDI ADDI, ADDI BNE_BACK, SW, SW ADDI, SW SW",
  XOR: "ADD, BNE_BACK, MUL, MUL SRLI, SLLI, SLLI OR, SLTU, SRLI, SRLI XOR",
};

/** The runs, each a list of op names; shorter ones stand before those that begin with them. */
export const RUNS = Object.entries(AFTER)
  .flatMap(([first, runs]) => runs.split(", ").map((rest) => [first, ...rest.split(" ")]))
  .sort((a, b) => a.length - b.length);
