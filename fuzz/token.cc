// Tokens are typed and pasted by people and sent by strangers to POST /enrol.
#include "protocol/token.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = warder::as_text({data, size});
  const auto parsed = warder::protocol::parse_enrol_token(text);
  // What was understood can be made again and means the same.
  if (parsed) {
    const auto key = warder::crypto::SigningKey::from_seed(warder::Bytes(32, 7));
    const auto again = warder::protocol::parse_enrol_token(warder::protocol::make_enrol_token(*parsed, *key));
    if (!again || !(*again == *parsed)) std::abort();
  }
  if (warder::protocol::verify_maintenance_token(text, {}, {}, {}).has_value()) std::abort();
  if (const auto name = warder::protocol::parse_agent_uri(text);
      name && warder::protocol::parse_agent_uri(warder::protocol::agent_uri(name->tenant, name->agent)).value().agent !=
                  name->agent)
    std::abort();
  return 0;
}
