// The two forms of SMB messages; each reads one message, of which the end may be missing, into the shared state.
#pragma once

#include "engines/ips/app/smb_state.h"

namespace warder::ips::app {

inline constexpr std::size_t kSmb1Header = 32;
inline constexpr std::size_t kSmb2Header = 64;

/// What a message was, for the framing around it.
struct SmbTaken {
  bool is_ok = true;
  bool moves_data = false;  // bytes of the record beyond those given belong to a file: SmbState::continue_data
};

/// [MS-CIFS]; `message` begins with "\xffSMB".
SmbTaken take_smb1(Direction direction, ByteView message, SmbState& state);
/// [MS-SMB2]; `message` begins with "\xfeSMB" and may be a chain of several.
SmbTaken take_smb2(Direction direction, ByteView message, SmbState& state);

}  // namespace warder::ips::app
