// What people read when evidence of a duty is due.
#pragma once

#include <string>
#include <vector>

#include "manager/notify/notice.h"
#include "manager/trust/duties.h"

namespace warder::manager {

/// Whom it is up to, by name: the owner; once it is overdue the deputy as well.
std::vector<std::string> asked_of(const DutyReminder& reminder);

/// "evidence is due at 2026-12-01T00:00:00Z (olga)"; "was due" and the deputy once it is overdue.
std::string describe(const DutyReminder& reminder);

/// In both languages. Of a stage beyond 0.
Notice duty_notice(const DutyReminder& reminder);

}  // namespace warder::manager
