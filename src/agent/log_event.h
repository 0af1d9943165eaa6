// A match as an event.
#pragma once

#include "agent/event_text.h"
#include "agent/log_policy.h"
#include "agent/log_source.h"
#include "model/event.h"

namespace warder::agent {

/// Without time and id.
Event make_log_event(const loginspection::Finding& finding, const LogVerdict& verdict, const LogRecord& record);
Event make_sigma_event(const loginspection::SigmaRule& rule, const loginspection::Finding& finding,
                       const LogRecord& record, const loginspection::Policy& policy);
Event make_notice_event(const LogNotice& notice);

/// The decoder's name for what stands in an event's field: "srcip" for "source.ip"; any other name as it is.
std::string_view decoded_name(std::string_view event_field) noexcept;

}  // namespace warder::agent
