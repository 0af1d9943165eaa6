// Signed notes and checkpoints: whatever the bytes are, only what was signed opens, and keys read as they are written.
#include "crypto/signed_note.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  static const crypto::SigningKey kKey = crypto::SigningKey::from_seed(Bytes(32, 7)).value();
  static const crypto::NoteKey kKnown{"fuzz", kKey.public_key()};
  const std::string_view text = as_text({data, size});
  if (const auto key = crypto::NoteKey::parse(text); key && key->text() != text) std::abort();
  if (const auto checkpoint = crypto::open_checkpoint(text, kKnown); checkpoint) {
    // The one in the corpus is real; another would be a forgery.
    if (checkpoint->head.size != 5) std::abort();
  }
  // What can be signed opens again.
  if (const auto note = crypto::sign_note(text, "fuzz", kKey); note && note->size() <= crypto::kMaxNoteBytes) {
    const auto opened = crypto::open_note(*note, kKnown);
    if (!opened || *opened != text) std::abort();
    (void)crypto::open_checkpoint(*note, kKnown);
  }
  return 0;
}
