// What the browser says of a ceremony (WebAuthn level 3, section 5.8.1): for what, for which challenge, on which page.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::manager {

struct ClientData {
  std::string type;  // "webauthn.create", "webauthn.get"
  std::string challenge;
  std::string origin;
  bool is_cross_origin = false;  // inside a frame of another site
};

/// Invalid when it is too large, is not JSON, or lacks something.
Result<ClientData> parse_client_data(ByteView bytes);

}  // namespace warder::manager
