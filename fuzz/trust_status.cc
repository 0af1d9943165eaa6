// The signed status of a Trust Center: as an envelope, and as the payload of one that a lying server signed itself.
#include "formats/trust_status.h"

#include <cstdint>
#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  static const crypto::SigningKey kKey = crypto::SigningKey::from_seed(Bytes(32, 7)).value();
  static const crypto::NoteKey kKnown{"fuzz", kKey.public_key()};
  const std::string_view text = as_text({data, size});
  const Timestamp now = from_micros(1'790'000'000'000'000);
  if (formats::verify_trust_status(text, kKnown, now)) std::abort();  // nobody has signed it
  const auto signature = kKey.sign(as_bytes(formats::dsse_encoding(formats::kTrustStatusType, text)));
  const std::string envelope = json::serialize(
      json::object{{"payloadType", formats::kTrustStatusType},
                   {"payload", to_base64(as_bytes(text))},
                   {"signatures", json::array{json::object{{"keyid", kKnown.text()}, {"sig", to_base64(signature)}}}}});
  const auto report = formats::verify_trust_status(envelope, kKnown, now);
  if (!report) return 0;
  for (const formats::TrustLine& line : report->lines) {
    // Nothing is proven: only the operator's word may be shown as kept.
    if (line.shown == "pass" && line.claimed != "pass") std::abort();
    if (line.shown == "pass" && report->proven == 0 && line.why.empty()) std::abort();
  }
  return 0;
}
