// Records of the independent stream and what a receiver makes of them: a line is read only as it is written, and no
// bytes but those of the manager are a whole stream.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "stream/keys.h"
#include "stream/verifier.h"

namespace {

using namespace warder;

/// Whose stream of four records is in the corpus.
const crypto::NoteKey& known_key() {
  static const crypto::NoteKey kKey{"stream.example", crypto::SigningKey::from_seed(Bytes(32, 7)).value().public_key()};
  return kKey;
}

void check_line(std::string_view line) {
  if (const auto record = stream::parse_line(line); record && stream::to_line(*record) != line) std::abort();
  if (const auto verified = stream::Verified::parse(line)) {
    const auto again = stream::Verified::parse(verified->text());
    if (!again || again->text() != verified->text()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  stream::Verifier verifier({known_key(), std::chrono::seconds(30), {}});
  for (const std::string_view line : split(text, '\n')) {
    check_line(line);
    if (!line.empty()) verifier.take(line, "input:1");
  }
  const stream::VerifyReport report = verifier.finish({});
  // More records than were ever signed, or fewer than are said to be there, and nothing to be seen of it.
  if (report.is_intact() && (report.end.number > 4 || report.records < report.end.number)) std::abort();
  (void)stream::parse_stream_key(text);
  (void)stream::parse_receiver_key(text);
  (void)stream::parse_receiver_private_key(text);
  return 0;
}
