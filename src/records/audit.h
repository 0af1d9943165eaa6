// The records of one audit event, joined by their serial number: "type=SYSCALL msg=audit(1700000000.123:4711): …"
#pragma once

#include <memory>

#include "records/record.h"

namespace warder::records {

/// Events come in the order in which their first records came. An event ends with its EOE record, with a record that
/// is an event of its own (no kernel syscall event), when eight others have begun since, or on flush.
std::unique_ptr<Framing> make_audit_framing(std::size_t max_bytes);

/// "1700000000.123:4711" of a record, empty when it has none.
std::string_view audit_event_id(std::string_view line) noexcept;

}  // namespace warder::records
