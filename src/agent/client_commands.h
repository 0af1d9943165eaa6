// The commands of warder-agent that ask the running agent or work on its files: status, stop, enrol …
#pragma once

#include <CLI/App.hpp>
#include <filesystem>

#include "host/clock.h"

namespace warder::agent {

/// Adds them to `app`; each sets `exit_code` when it runs: 0 done, 1 failed. `config` is read when a command runs.
void add_client_commands(CLI::App& app, const std::filesystem::path& config, const host::Clock& clock, int& exit_code);

}  // namespace warder::agent
