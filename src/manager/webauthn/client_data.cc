#include "manager/webauthn/client_data.h"

#include "base/json.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr std::size_t kMaxLevels = 4;

}  // namespace

Result<ClientData> parse_client_data(ByteView bytes) {
  const json::value parsed = WD_TRY(parse_json(as_text(bytes), kMaxBytes, kMaxLevels).in("client data"));
  if (!parsed.is_object()) return fail(ErrorCode::Invalid, "client data: not an object");
  const json::object& object = parsed.get_object();
  ClientData data;
  data.type = WD_TRY(get_string(object, "type"));
  data.challenge = WD_TRY(get_string(object, "challenge"));
  data.origin = WD_TRY(get_string(object, "origin"));
  if (object.contains("crossOrigin")) data.is_cross_origin = WD_TRY(get_bool(object, "crossOrigin"));
  // Set only inside of a foreign frame, so it says the same.
  data.is_cross_origin = data.is_cross_origin || object.contains("topOrigin");
  return data;
}

}  // namespace warder::manager
