// The live host's bodies of the ports.
#pragma once

#include <memory>

#include "base/result.h"
#include "host/facts.h"
#include "host/file_tree.h"
#include "host/file_watch.h"
#include "host/log_files.h"
#include "host/process_table.h"

namespace warder::host {

/// `root` stands for "/": an image mounted elsewhere is looked at as if it were the host.
std::unique_ptr<FileTree> make_linux_file_tree(std::string root = "/");
/// fanotify where the kernel and our rights allow (CAP_SYS_ADMIN for marks on whole file systems, CAP_DAC_READ_SEARCH
/// to turn handles into paths), inotify for the rest. Unavailable when there is neither.
Result<std::unique_ptr<FileWatch>> make_linux_file_watch();
/// inotify alone.
Result<std::unique_ptr<FileWatch>> make_inotify_file_watch();
std::unique_ptr<ProcessTable> make_linux_process_table();
std::unique_ptr<HostFacts> make_linux_facts();
std::unique_ptr<LogFiles> make_linux_log_files();

}  // namespace warder::host
