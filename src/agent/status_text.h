// The answers of the running agent, as people read them.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace warder::agent {

/// Takes what the agent answers to "status"; members that are missing are left out.
std::string status_text(const boost::json::object& status);
std::string self_test_text(const boost::json::object& result);

}  // namespace warder::agent
