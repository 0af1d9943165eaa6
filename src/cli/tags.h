// Tags of events, and for how long they are kept.
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_tag_rules(Tree& tree);
void add_retention(Tree& tree);

/// Sends the same again until the answer says that nothing is left; how many events changed.
Result<std::string> tag_until_complete(client::Client& client, const std::string& path, const json::object& body);

}  // namespace warder::cli
