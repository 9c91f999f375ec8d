// Errors for input that is refused. Each message is one line: what is wrong, where, and the fix.

/** A machine configuration that cannot be built. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** An image (ELF, cpio, device tree) that cannot be read. */
export class ImageError extends Error {
  override name = "ImageError";
}
