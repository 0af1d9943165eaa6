// The user and domain of an NTLMSSP authentication ([MS-NLMP] 2.2.1.3), wherever it stands in a security blob.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace warder::ips::app {

struct NtlmsspUser {
  std::string user;
  std::string domain;
};

/// Nothing when the blob has no AUTHENTICATE message.
std::optional<NtlmsspUser> find_ntlmssp_user(ByteView blob);

}  // namespace warder::ips::app
