// Inside identity: the one answer to every login that fails.
#pragma once

#include "base/result.h"

namespace warder::manager {

inline tl::unexpected<Error> refuse_login() {
  return fail(ErrorCode::Unauthenticated, "the name or the password is wrong, or the account is locked for a while");
}

/// What a login does not tell apart from a wrong password.
inline bool is_login_refusal(ErrorCode code) {
  return code == ErrorCode::Forbidden || code == ErrorCode::Conflict || code == ErrorCode::Invalid ||
         code == ErrorCode::Unauthenticated;
}

}  // namespace warder::manager
