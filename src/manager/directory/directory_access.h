// How directories are asked by those who keep users: a port, so that tests of users need no server.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/directory/directory.h"

namespace warder::manager {

/// What a directory says about some of its people at one time.
struct DirectorySnapshot {
  std::size_t everybody = 0;            // whom it listed
  std::vector<DirectoryPerson> people;  // of those who were asked for, with all their groups
  std::set<std::string> unread;         // subjects that are there, but whose groups it did not tell
};

/// Thread-safe.
class DirectoryAccess {
 public:
  DirectoryAccess() = default;
  virtual ~DirectoryAccess() = default;
  DirectoryAccess(const DirectoryAccess&) = delete;
  DirectoryAccess& operator=(const DirectoryAccess&) = delete;

  /// As in Directory. Unavailable also when too many ask at once.
  virtual Result<DirectoryPerson> authenticate(const DirectorySettings& settings, std::string_view username,
                                               std::string_view password, Timestamp now) = 0;
  virtual Result<DirectoryPerson> find_principal(const DirectorySettings& settings, std::string_view principal,
                                                 Timestamp now) = 0;
  /// Fails rather than to answer with a part; Unavailable when the directory lists nobody at all.
  virtual Result<DirectorySnapshot> snapshot(const DirectorySettings& settings, const std::set<std::string>& subjects,
                                             Timestamp now) = 0;
};

struct DirectoryAccessOptions {
  bool is_plaintext_on_loopback_allowed = false;
  std::ptrdiff_t max_logins_at_once = 8;  // more wait: a slow directory does not take every worker
  std::chrono::milliseconds max_wait{2000};
};
std::shared_ptr<DirectoryAccess> make_directory_access(const DirectoryAccessOptions& options = {});

}  // namespace warder::manager
