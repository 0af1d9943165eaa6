// How a session's row is read: shared by the sources of Sessions.
#pragma once

#include <string>
#include <string_view>

#include "manager/identity/rows.h"
#include "manager/identity/sessions.h"

namespace warder::manager {

/// A session's last use is stored no oftener.
inline constexpr std::chrono::seconds kUseResolution{60};

/// From the table of the present ones, with more columns at the end.
inline std::string session_select(std::string_view more = {}) {
  return std::string(
             "SELECT id, tenant_id, user_id, is_bearer, last_used, expires, created, COALESCE(address, ''), "
             "previous_login, COALESCE(previous_address, ''), COALESCE(method, ''), COALESCE(certificate, '')")
      .append(more)
      .append(" FROM sessions ");
}

inline Result<SessionRecord> read_session(const Row& row) {
  return SessionRecord{WD_TRY(parse_id<SessionId>(row.text(0))),
                       WD_TRY(parse_id<TenantId>(row.text(1))),
                       WD_TRY(parse_id<UserId>(row.text(2))),
                       row.integer(3) != 0,
                       from_micros(row.integer(5)),
                       from_micros(row.integer(6)),
                       from_micros(row.integer(4)),
                       row.text(7),
                       optional_time_at(row, 8),
                       row.text(9),
                       row.text(10),
                       row.text(11)};
}

}  // namespace warder::manager
