// kexec IMAGE [WORD...]: has the running kernel relieved by IMAGE. Loads it with its expected
// digest from IMAGE.sha256, and asks for the relief; the call returns under whichever kernel then
// has the watch. SIGINT and SIGTERM ask the relief to end, for which it may be too late. Exit 0:
// relieved; 1: refused before it began; 2: begun and aborted. With the word method=kexec nothing is
// kept: the image is loaded, all programs are ended, and then it is started.
#include "shutdown.h"
#include "signals.h"

static const char *reason(int error) {
  switch (-error) {
    case ELIBBAD: return "not a kernel this one can load";
    case ENOEXEC: return "not an ELF image";
    case EBADMSG: return "its digest does not match: the image is damaged";
    case ENOMEM: return "no contiguous range of ZONE_NORMAL is free for it";
    case EBUSY: return "a relief is under way, or there is no second CPU to give it";
    case EINTR: return "aborted, as was asked for, and this kernel keeps the watch";
    case EPROTO: return "aborted: it does not keep this kernel's contract";
    case ETIMEDOUT: return "aborted: the relief did not answer in time";
    case ECANCELED: return "aborted, and this kernel keeps the watch";
    default: return error_text(error);
  }
}

static int is_abort(int error) {
  return error == -EINTR || error == -EPROTO || error == -ETIMEDOUT || error == -ECANCELED;
}

__attribute__((noreturn)) static void refuse(const char *image, const char *act, int error) {
  print_to(STDERR, "kexec: %s: %s: %s (%d)\n", image, act, reason(error), -error);
  exit(is_abort(error) ? 2 : 1);
}

static void do_nothing(int signal) {
  (void)signal;
}

// A signal interrupts the call, and does not end this program, which has to say how it went.
static void catch_signals(void) {
  static const int signals[] = {SIGINT, SIGTERM};
  struct sigaction old;
  for (int i = 0; i < 2; i++)
    if (set_action(signals[i], 0, &old) == 0 && old.handler != SIG_IGN)
      set_handler(signals[i], do_nothing, 0);
}

// The command line: all further words, one space between two.
static void join(char *line, size_t bytes, char **words) {
  size_t used = 0;
  line[0] = 0;
  for (; *words && used < bytes; words++)
    used += (size_t)format(line + used, bytes - used, used ? " %s" : "%s", *words);
  if (used >= bytes) refuse("command line", "load", -E2BIG);
}

static int has_word(char **words, const char *word) {
  while (*words && strcmp(*words, word) != 0) words++;
  return *words != 0;
}

static int ask_kernel(uint32_t command) {
  return syscall(SYS_REBOOT, REBOOT_MAGIC1, REBOOT_MAGIC2, command, 0);
}

int main(int argc, char **argv) {
  char line[512], digest_path[256];
  if (argc < 2) {
    print_to(STDERR, "usage: kexec IMAGE [WORD...]\n");
    return 1;
  }
  join(line, sizeof line, argv + 2);
  int image = open(argv[1], O_RDONLY);
  if (image < 0) refuse(argv[1], "open", image);
  format(digest_path, sizeof digest_path, "%s.sha256", argv[1]);
  int digest = open(digest_path, O_RDONLY);
  if (digest < 0) refuse(digest_path, "open", digest);
  int error = syscall(SYS_KEXEC_FILE_LOAD, image, digest, strlen(line) + 1, line, 0);
  if (error < 0) refuse(argv[1], "load", error);
  close(image);
  close(digest);
  catch_signals();
  if (has_word(argv + 2, "method=kexec")) {
    error = ask_kernel(REBOOT_KEXEC_LOAD);
    if (error < 0) refuse(argv[1], "load", error);
    end_all_programs("kexec");
  }
  error = ask_kernel(REBOOT_KEXEC);
  if (error < 0) refuse(argv[1], "relief", error);
  printf("relieved\n");
  return 0;
}
