// Bundles of evidence: whatever the bytes are, only what was signed is believed, and what was signed is believed whole.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "pack/evidence.h"

namespace {

using namespace warder;

const crypto::SigningKey& signing_key() {
  static const crypto::SigningKey kKey = crypto::SigningKey::from_seed(Bytes(32, 7)).value();
  return kKey;
}

std::string bundle_of(const std::vector<pack::EvidenceFile>& files) {
  const crypto::NoteKey known{"fuzz", signing_key().public_key()};
  const std::string manifest = pack::evidence_manifest({{"incident", 1}}, files);
  const auto note = crypto::sign_note(pack::evidence_note_text(manifest), known.name, signing_key());
  return pack::evidence_bundle(manifest, note.value(), known.text(), files);
}

/// The input as a file's content, bundled; and with one byte of its content changed.
void check_own(std::string_view content) {
  const crypto::NoteKey known{"fuzz", signing_key().public_key()};
  const auto whole = pack::check_evidence(bundle_of({{"input", std::string(content)}}), &known);
  if (!whole || whole->files != 1) std::abort();
  if (content.empty()) return;
  const std::vector<pack::EvidenceFile> files = {{"input", std::string(content)}};
  const std::string manifest = pack::evidence_manifest({{"incident", 1}}, files);
  const auto note = crypto::sign_note(pack::evidence_note_text(manifest), known.name, signing_key());
  std::string changed(content);
  changed[content.size() / 2] = static_cast<char>(changed[content.size() / 2] ^ 1);
  if (pack::check_evidence(pack::evidence_bundle(manifest, note.value(), known.text(), {{"input", changed}}), &known))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::NoteKey kKnown{"fuzz", signing_key().public_key()};
  static const std::string kReal = pack::evidence_manifest(
      {{"incident", 1}}, {{"events.jsonl", "{\"a\":1}\n"}, {"binary", std::string("\0\xff", 2)}});
  const std::string_view text = as_text({data, size});
  // The one in the corpus is real; another would be a forgery.
  if (const auto check = pack::check_evidence(text, &kKnown); check && check->manifest != kReal) std::abort();
  (void)pack::check_evidence(text, nullptr);
  if (size <= 4096) check_own(text);
  return 0;
}
