#include <algorithm>
#include <array>

#include "base/text.h"
#include "host/offline/parts.h"
#include "host/tree_read.h"

namespace warder::host {
namespace {

constexpr std::uint64_t kMaxCrontab = 1 << 20;
constexpr std::array<std::string_view, 4> kPeriods{"hourly", "daily", "weekly", "monthly"};

// What run-parts and cron leave alone: backups, and what a package manager puts aside.
bool is_left_alone(std::string_view name) noexcept {
  return name.empty() || name.front() == '.' || name.ends_with('~') || name.find(".dpkg-") != std::string_view::npos ||
         name.ends_with(".rpmsave") || name.ends_with(".rpmnew") || name.ends_with(".rpmorig");
}

class CronFinder {
 public:
  CronFinder(FileTree& tree, const std::vector<User>& users) : tree_(tree), users_(users) {}

  std::vector<ScheduledJob> find() {
    if (const auto text = read_text(tree_, "/etc/crontab", kMaxCrontab))
      add(parse_crontab(*text, true), "/etc/crontab");
    read_tables("/etc/cron.d", true);
    read_tables("/var/spool/cron/crontabs", false);  // Debian
    read_tables("/var/spool/cron", false);           // Red Hat
    for (const std::string_view period : kPeriods) read_periodic(period);
    for (const char* spool : {"/var/spool/cron/atjobs", "/var/spool/at"}) read_at(spool);
    return std::move(jobs_);
  }

 private:
  void add(std::vector<ScheduledJob> some, const std::string& path) {
    for (ScheduledJob& job : some) {
      if (jobs_.size() >= kMaxJobs) return;
      job.path = path;
      jobs_.push_back(std::move(job));
    }
  }

  void read_tables(const std::string& path, bool has_user) {
    const OpenList list = open_list(tree_, path);
    for (const FileEntry& entry : list.entries) {
      if (is_left_alone(entry.name) || entry.stat.kind != FileKind::Regular) continue;
      const auto text = read_text(*list.directory, entry.name, kMaxCrontab);
      if (text) add(parse_crontab(*text, has_user, entry.name), join(list.path, entry.name));
    }
  }

  void read_periodic(std::string_view period) {
    const OpenList list = open_list(tree_, "/etc/cron." + std::string(period));
    for (const FileEntry& entry : list.entries) {
      const bool is_file = entry.stat.kind == FileKind::Regular || entry.stat.kind == FileKind::Symlink;
      if (is_left_alone(entry.name) || !is_file) continue;
      if (entry.stat.kind == FileKind::Regular && (entry.stat.mode & 0111) == 0) continue;
      const std::string path = join(list.path, entry.name);
      add({ScheduledJob{JobKind::Periodic, path, "root", std::string(period), path}}, path);
    }
  }

  void read_at(const std::string& spool) {
    const OpenList list = open_list(tree_, spool);
    for (const FileEntry& entry : list.entries) {
      const std::string time = at_time(entry.name);
      if (time.empty() || entry.stat.kind != FileKind::Regular) continue;
      const std::string path = join(list.path, entry.name);
      add({ScheduledJob{JobKind::At, path, user_name(entry.stat.uid), time, path}}, path);
    }
  }

  [[nodiscard]] std::string user_name(std::uint32_t uid) const {
    const auto it = std::ranges::find(users_, uid, &User::uid);
    return it == users_.end() ? std::to_string(uid) : it->name;
  }

  FileTree& tree_;
  const std::vector<User>& users_;
  std::vector<ScheduledJob> jobs_;
};

}  // namespace

std::vector<ScheduledJob> find_cron_jobs(FileTree& tree, const std::vector<User>& users) {
  return CronFinder(tree, users).find();
}

}  // namespace warder::host
