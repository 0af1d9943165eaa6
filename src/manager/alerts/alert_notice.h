// What people read of an alert.
#pragma once

#include <string_view>

#include "manager/alerts/alert.h"
#include "manager/alerts/alert_rule.h"
#include "manager/notify/notice.h"

namespace warder::manager {

/// Grown: it lists more than what was told.
enum class AlertNews : std::uint8_t { Opened, Grown, Escalated, Resolved };

/// In both languages. `is_last`: further alerts of this rule are not told one by one for a while.
Notice alert_notice(const AlertRule& rule, const Alert& alert, AlertNews news, bool is_last = false);
Notice heartbeat_notice(const AlertHeartbeat& heartbeat);

}  // namespace warder::manager
