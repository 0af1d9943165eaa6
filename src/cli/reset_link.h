// Links with which somebody chooses a password, as they stand in answers and as people open them.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/result.h"
#include "cli/session.h"

namespace warder::cli {

/// The whole address, at the manager of this session.
Result<std::string> link_text(Session& session, const boost::json::object& link);
/// The member "link" of an answer becomes its address, and "link_expires" when it ends.
Result<void> write_out_link(Session& session, boost::json::value& answer);

}  // namespace warder::cli
