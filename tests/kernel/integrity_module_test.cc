// The integrity module on a real kernel: a tmpfs of the test's own in a mount namespace of its own, fanotify, LMDB.
// What the module reports is compared with what the test did.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "agent/module_integrity.h"
#include "host/linux/clock.h"
#include "host/linux/linux_host.h"

namespace warder::agent {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

class NoLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

std::string text_of(const Event& event, std::string_view key) {
  const EventValue* value = event.find(key);
  if (value == nullptr) return {};
  const auto* text = std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

// "created /a", "renamed /a -> /b"
std::string summary(const Event& event) {
  std::string kind = event.type;
  for (const std::string_view prefix : {"integrity.file.", "integrity."})
    if (kind.starts_with(prefix)) kind.erase(0, prefix.size());
  const std::string path = text_of(event, "file.path");
  if (kind == "renamed") return kind + " " + text_of(event, "file.path.was") + " -> " + path;
  return path.empty() ? kind : kind + " " + path;
}

/// Keeps events, by id as the manager does; can die in the middle as a killed agent does.
class Spool final : public EventSink {
 public:
  Result<void> emit(std::span<const Event> events) override {
    const std::lock_guard lock(mutex_);
    for (const Event& event : events) {
      if (by_id_.emplace(event.id.text(), event).second) order_.push_back(event);
      if (fails_after_ > 0 && --fails_after_ == 0) return fail(ErrorCode::Unavailable, "killed");
    }
    arrived_.notify_all();
    return {};
  }
  void fail_after(int events) {
    const std::lock_guard lock(mutex_);
    fails_after_ = events;
  }
  bool wait_for(const std::function<bool(const std::vector<Event>&)>& done, seconds patience = seconds(20)) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, patience, [&] { return done(order_); });
  }
  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(order_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::string, Event> by_id_;
  std::vector<Event> order_;
  int fails_after_ = 0;
};

class IntegrityOnKernel : public ::testing::Test {
 protected:
  // One mount namespace for the whole program, made before any thread.
  static void SetUpTestSuite() {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
    is_private_ = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }

  void SetUp() override {
    if (!is_private_) GTEST_SKIP() << "needs root for a mount namespace of its own";
    char name[] = "/tmp/warder-integrity-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    state_ = top_ / "state";
    root_ = top_ / "watched";
    fs::create_directories(state_);
    fs::create_directories(root_);
    ASSERT_EQ(::mount("tmpfs", root_.c_str(), "tmpfs", 0, "size=256m"), 0);
  }

  void TearDown() override {
    stop();
    if (top_.empty()) return;
    ::umount2(root_.c_str(), MNT_DETACH);
    fs::remove_all(top_);
  }

  void start(const boost::json::object& more = {}) {
    context_ = std::make_unique<ModuleContext>(ModuleContext{spool_, log_, clock_, state_});
    module_ = integrity_module().make(*context_);
    boost::json::object section{{"watch", {root_.string()}}, {"exclude", boost::json::array{}}};
    for (const auto& [key, value] : more) section[key] = value;
    const auto configured = module_->configure(section);
    ASSERT_TRUE(configured) << configured.error().message;
    thread_ = std::jthread([this](const std::stop_token& stop) { ended_ = module_->run(stop); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    module_.reset();
    EXPECT_TRUE(may_fail_ || ended_) << ended_.error().message;
  }
  void start_and_wait(const boost::json::object& more = {}) {
    start(more);
    ASSERT_TRUE(wait_for("baseline.created"));
    spool_.take();
  }

  bool wait_for(const std::string& wanted) {
    return spool_.wait_for([&](const std::vector<Event>& events) {
      return std::any_of(events.begin(), events.end(), [&](const Event& e) { return summary(e) == wanted; });
    });
  }
  /// Everything reported up to a marker made now, as a sorted list.
  std::vector<std::string> reports() {
    const std::string marker = "marker-" + std::to_string(++markers_);
    write(marker, marker);
    EXPECT_TRUE(wait_for("created " + at(marker))) << marker;
    std::vector<std::string> all;
    for (const Event& event : spool_.take())
      if (text_of(event, "file.path").find("/marker-") == std::string::npos) all.push_back(summary(event));
    std::sort(all.begin(), all.end());
    return all;
  }

  std::string at(const std::string& name) const { return (root_ / name).string(); }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(at(name), std::ios::trunc) << content;
  }

  static inline bool is_private_ = false;
  fs::path top_;
  fs::path state_;
  fs::path root_;
  NoLog log_;
  host::SystemClock clock_;
  Spool spool_;
  std::unique_ptr<ModuleContext> context_;
  std::unique_ptr<Module> module_;
  Result<void> ended_;
  std::jthread thread_;
  int markers_ = 0;
  bool may_fail_ = false;  // the test breaks the spool
};

using Lines = std::vector<std::string>;

TEST_F(IntegrityOnKernel, ReportsEachKindOfChangeOnce) {
  fs::create_directories(root_ / "d/deep");
  for (const char* name : {"edit", "truncate", "replace", "mode", "owner", "linked", "gone", "moved", "mapped", "d/in"})
    write(name, std::string("content of ") + name);
  fs::create_symlink("edit", root_ / "link");
  start_and_wait();

  write("new", "new");
  write("edit", "other");
  ASSERT_EQ(::truncate(at("truncate").c_str(), 3), 0);
  write("replace.tmp", "replaced");
  fs::rename(at("replace.tmp"), at("replace"));
  ASSERT_EQ(::chmod(at("mode").c_str(), 04755), 0);
  ASSERT_EQ(::chown(at("owner").c_str(), 12345, 0), 0);
  fs::create_hard_link(at("linked"), at("second"));
  fs::remove(at("gone"));
  fs::rename(at("moved"), at("moved2"));
  fs::remove(at("link"));
  fs::create_symlink("mode", at("link"));
  fs::rename(at("d"), at("e"));
  {
    const int fd = ::open(at("mapped").c_str(), O_RDWR | O_CLOEXEC);
    void* memory = ::mmap(nullptr, 4, PROT_WRITE, MAP_SHARED, fd, 0);
    ASSERT_NE(memory, MAP_FAILED);
    std::memcpy(memory, "MMAP", 4);
    ::munmap(memory, 4);
    ::close(fd);
  }
  write("brief", "brief");
  fs::remove(at("brief"));
  fs::create_directories(root_ / "tree");
  write("tree/leaf", "leaf");
  EXPECT_TRUE(wait_for("updated " + at("truncate")));

  Lines expected = {"created " + at("new"),
                    "updated " + at("edit"),
                    "updated " + at("truncate"),
                    "updated " + at("replace"),
                    "attributes " + at("mode"),
                    "attributes " + at("owner"),
                    "created " + at("second"),
                    "deleted " + at("gone"),
                    "renamed " + at("moved") + " -> " + at("moved2"),
                    "updated " + at("link"),
                    "renamed " + at("d") + " -> " + at("e"),
                    "renamed " + at("d/in") + " -> " + at("e/in"),
                    "renamed " + at("d/deep") + " -> " + at("e/deep"),
                    "updated " + at("mapped"),
                    "created " + at("tree"),
                    "created " + at("tree/leaf")};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(reports(), expected);
}

TEST_F(IntegrityOnKernel, StrangeNamesAndKindsDoNoHarm) {
  start_and_wait();
  const std::string invalid = "bad\xff\xfename";
  write("line\nbreak", "1");
  write(invalid, "2");
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mknod(at("null").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
  fs::create_symlink("/proc/self", root_ / "proc");
  fs::create_symlink("loop", root_ / "loop");
  write(std::string(255, 'n'), "long");
  EXPECT_TRUE(wait_for("created " + at("pipe")));
  EXPECT_TRUE(wait_for("created " + at("null")));
  Lines expected = {"created " + at("line\nbreak"),
                    "created " + at("bad\\xff\\xfename"),
                    "created " + at("pipe"),
                    "created " + at("null"),
                    "created " + at("proc"),
                    "created " + at("loop"),
                    "created " + at(std::string(255, 'n'))};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(reports(), expected);
}

TEST_F(IntegrityOnKernel, PathsLongerThanThePathLimitAreSeen) {
  start_and_wait();
  const std::string name(200, 'p');
  int at_directory = ::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  constexpr int kDepth = 30;  // 6,000 bytes
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(at_directory, name.c_str(), 0755), 0);
    const int next = ::openat(at_directory, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    ::close(at_directory);
    at_directory = next;
  }
  ::close(::openat(at_directory, "leaf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ::close(at_directory);
  std::size_t found = 0;
  // The leaf's path is cut in its event; a scan finds what the kernel could not name.
  ASSERT_TRUE(module_->execute("rescan", {}));
  EXPECT_TRUE(spool_.wait_for([&](const std::vector<Event>& events) {
    found = static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [](const Event& e) { return e.type == "integrity.file.created"; }));
    return found >= static_cast<std::size_t>(kDepth) + 1;
  }));
  EXPECT_EQ(found, static_cast<std::size_t>(kDepth) + 1);
}

TEST_F(IntegrityOnKernel, SaysWhoDidIt) {
  start_and_wait();
  write("mine", "x");
  ASSERT_TRUE(wait_for("created " + at("mine")));
  const Event event = spool_.take().back();
  EXPECT_EQ(std::get<std::int64_t>(*event.find("process.pid")), ::getpid());
  EXPECT_EQ(text_of(event, "process.executable"), fs::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(text_of(event, "user.name"), "root");
}

TEST_F(IntegrityOnKernel, AFileSystemMountedLaterIsWatched) {
  fs::create_directories(root_ / "later");
  start_and_wait();
  ASSERT_EQ(::mount("tmpfs", at("later").c_str(), "tmpfs", 0, "size=1m"), 0);
  ASSERT_TRUE(spool_.wait_for([&](const std::vector<Event>&) {
    write("later/x", "x");
    return true;
  }));
  EXPECT_TRUE(wait_for("created " + at("later/x")));
  spool_.take();
  write("later/x", "by real time now");
  EXPECT_TRUE(wait_for("updated " + at("later/x")));
  ASSERT_EQ(::umount2(at("later").c_str(), MNT_DETACH), 0);
}

TEST_F(IntegrityOnKernel, KilledBetweenReportAndMemoryItReportsOnce) {
  may_fail_ = true;
  start_and_wait();
  std::map<std::string, int> seen;
  for (int round = 0; round < 10; ++round) {
    spool_.fail_after(3 + round);
    for (int i = 0; i < 20; ++i) write("r" + std::to_string(round) + "-" + std::to_string(i), std::to_string(i));
    thread_.join();  // run() has failed, as if the process had died
    EXPECT_FALSE(ended_);
    stop();
    start();
    // Everything of this round has come, under one id each.
    ASSERT_TRUE(spool_.wait_for([&](const std::vector<Event>& events) {
      return std::count_if(events.begin(), events.end(),
                           [](const Event& e) { return e.type == "integrity.file.created"; }) >= 20;
    }));
    for (const Event& event : spool_.take()) ++seen[summary(event)];
  }
  reports();
  EXPECT_EQ(seen.size(), 200U);
  for (const auto& [line, count] : seen) EXPECT_EQ(count, 1) << line;
}

// What the test knows of the tree, apart from what any of our code says.
struct Known {
  int id = 0;
  bool is_directory = false;
  std::string content;
  unsigned mode = 0644;
};
using World = std::map<std::string, Known>;

Lines expected_changes(const World& was, const World& is) {
  Lines lines;
  std::map<int, std::string> old_paths;
  for (const auto& [path, known] : was) old_paths[known.id] = path;
  std::map<std::string, bool> has_moved;
  for (const auto& [path, known] : is) {
    const auto old_entry = was.find(path);
    if (old_entry == was.end()) {
      const auto old_path = old_paths.find(known.id);
      const bool is_rename = old_path != old_paths.end() && !is.contains(old_path->second);
      if (is_rename) has_moved[old_path->second] = true;
      lines.push_back(is_rename ? "renamed " + old_path->second + " -> " + path : "created " + path);
      continue;
    }
    const Known& old_known = old_entry->second;
    if (old_known.is_directory != known.is_directory || old_known.content != known.content) {
      lines.push_back("updated " + path);
    } else if (old_known.mode != known.mode) {
      lines.push_back("attributes " + path);
    }
  }
  for (const auto& [path, known] : was)
    if (!is.contains(path) && !has_moved[path]) lines.push_back("deleted " + path);
  std::sort(lines.begin(), lines.end());
  return lines;
}

class RandomChanges {
 public:
  RandomChanges(std::string root, unsigned seed) : root_(std::move(root)), random_(seed) {
    world_[root_] = {0, true, "", 01777};
  }
  [[nodiscard]] const World& world() const { return world_; }

  void step() {
    switch (pick(7)) {
      case 0:
      case 1:
        return write_file(new_path());
      case 2:
        return make_directory(new_path());
      case 3:
        if (const auto path = any(false)) write_file(*path);
        return;
      case 4:
        if (const auto path = any(pick(2) == 0)) change_mode(*path);
        return;
      case 5:
        if (const auto path = any(pick(3) == 0)) remove(*path);
        return;
      default:
        if (const auto path = any(pick(3) == 0)) rename(*path, new_path());
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::optional<std::string> any(bool is_directory) {
    std::vector<std::string> paths;
    for (const auto& [path, known] : world_)
      if (known.is_directory == is_directory && path != root_) paths.push_back(path);
    if (paths.empty()) return std::nullopt;
    return paths[pick(paths.size())];
  }
  std::string new_path() {
    const std::string directory = any(true).value_or(root_);
    return (pick(3) == 0 ? root_ : directory) + "/n" + std::to_string(pick(30));
  }
  void write_file(const std::string& path) {
    const auto at = world_.find(path);
    if (at != world_.end() && at->second.is_directory) return;
    const std::string content = "content " + std::to_string(pick(1000));
    std::ofstream(path, std::ios::trunc) << content;
    if (at == world_.end()) world_[path] = {++last_id_, false, content, 0644};
    world_[path].content = content;
  }
  void make_directory(const std::string& path) {
    if (world_.contains(path)) return;
    ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
    world_[path] = {++last_id_, true, "", 0755};
  }
  void change_mode(const std::string& path) {
    constexpr unsigned kModes[] = {0600, 0644, 0755, 04755};
    const unsigned mode = kModes[pick(4)];
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    world_[path].mode = mode;
  }
  void remove(const std::string& path) {
    fs::remove_all(path);
    std::erase_if(world_, [&](const auto& each) { return each.first == path || each.first.starts_with(path + "/"); });
  }
  void rename(const std::string& from, const std::string& to) {
    if (to.starts_with(from + "/") || to == from) return;
    const auto target = world_.find(to);
    if (target != world_.end() && (target->second.is_directory || world_[from].is_directory)) return;
    ASSERT_EQ(::rename(from.c_str(), to.c_str()), 0);
    World moved;
    for (const auto& [path, known] : world_)
      if (path == from || path.starts_with(from + "/")) moved[to + path.substr(from.size())] = known;
    std::erase_if(world_, [&](const auto& each) { return each.first == from || each.first.starts_with(from + "/"); });
    for (auto& [path, known] : moved) world_[path] = known;
  }

  std::string root_;
  std::mt19937 random_;
  World world_;
  int last_id_ = 0;
};

/// A rename told as a deletion and a creation: after many changes at once the scan may see the old place first.
Lines without_renames(const Lines& lines) {
  Lines plain;
  for (const std::string& line : lines) {
    const std::size_t arrow = line.find(" -> ");
    if (!line.starts_with("renamed ") || arrow == std::string::npos) {
      plain.push_back(line);
      continue;
    }
    plain.push_back("deleted " + line.substr(8, arrow - 8));
    plain.push_back("created " + line.substr(arrow + 4));
  }
  std::sort(plain.begin(), plain.end());
  return plain;
}

TEST_F(IntegrityOnKernel, AScanFindsExactlyTheRandomChanges) {
  const unsigned seed = std::getenv("WARDER_SEED") != nullptr
                            ? static_cast<unsigned>(std::stoul(std::getenv("WARDER_SEED")))
                            : std::random_device{}();
  SCOPED_TRACE(seed);
  RandomChanges changes(root_.string(), seed);
  for (int i = 0; i < 100; ++i) changes.step();
  start_and_wait();
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    stop();
    const World before = changes.world();
    for (int i = 0; i < 60; ++i) changes.step();
    start();
    const Lines changed = expected_changes(before, changes.world());
    EXPECT_TRUE(spool_.wait_for([&](const std::vector<Event>& events) { return events.size() >= changed.size(); }));
    const Lines found = without_renames(reports());
    const Lines expected = without_renames(changed);
    for (const std::string& line : found)
      if (!std::binary_search(expected.begin(), expected.end(), line)) ADD_FAILURE() << "invented: " << line;
    for (const std::string& line : expected)
      if (!std::binary_search(found.begin(), found.end(), line)) ADD_FAILURE() << "missed: " << line;
    ASSERT_EQ(found.size(), expected.size());
    fs::remove(at("marker-" + std::to_string(markers_)));
    ASSERT_TRUE(wait_for("deleted " + at("marker-" + std::to_string(markers_))));
    spool_.take();
  }
}

TEST_F(IntegrityOnKernel, TheWatchMissesNoneOfTheRandomChanges) {
  const unsigned seed = std::getenv("WARDER_SEED") != nullptr
                            ? static_cast<unsigned>(std::stoul(std::getenv("WARDER_SEED")))
                            : std::random_device{}();
  SCOPED_TRACE(seed);
  RandomChanges changes(root_.string(), seed);
  start_and_wait();
  std::uniform_int_distribution<int> pause(0, 3000);
  std::mt19937 random(seed);
  for (int i = 0; i < 1500; ++i) {
    changes.step();
    std::this_thread::sleep_for(std::chrono::microseconds(pause(random)));
  }
  reports();  // all of it has been seen
  stop();
  start();  // a scan finds nothing that the watch had not
  EXPECT_EQ(reports(), Lines{});
}

TEST_F(IntegrityOnKernel, ADirectoryRemovedWhileOpenIsEmpty) {
  const std::string path = at("short-lived");
  ASSERT_TRUE(fs::create_directory(path));
  const auto directory = host::make_linux_file_tree()->open(path);
  ASSERT_TRUE(directory);
  ASSERT_TRUE(fs::remove(path));
  const auto entries = (*directory)->next_entries();
  ASSERT_TRUE(entries) << entries.error().message;
  EXPECT_TRUE(entries->empty());
}

TEST_F(IntegrityOnKernel, AQueueThatOverflowsSaysSo) {
  const auto watch = host::make_linux_file_watch();
  ASSERT_TRUE(watch);
  ASSERT_EQ((*watch)->mechanism(), "fanotify");
  const auto tree = host::make_linux_file_tree();
  const auto directory = tree->open(root_.string());
  ASSERT_TRUE(directory);
  ASSERT_TRUE((*watch)->cover(root_.string(), (*directory)->stat()));
  for (int i = 0; i < 20'000; ++i) write("o" + std::to_string(i), "");  // more than fs.fanotify.max_queued_events
  std::vector<host::WatchLoss> losses;
  while (true) {
    const auto batch = (*watch)->read(milliseconds(0), milliseconds(0));
    ASSERT_TRUE(batch);
    std::ranges::copy(batch->losses, std::back_inserter(losses));
    if (batch->events.empty() && !batch->has_mounts_changed) break;
  }
  ASSERT_FALSE(losses.empty());
  for (const host::WatchLoss& loss : losses) EXPECT_EQ(loss.device, (*directory)->stat().device) << loss.path;
}

TEST_F(IntegrityOnKernel, InotifyTellsOfTheSameChanges) {
  fs::create_directories(root_ / "d");
  const auto watch = host::make_inotify_file_watch();
  ASSERT_TRUE(watch);
  const auto tree = host::make_linux_file_tree();
  for (const std::string& path : {root_.string(), at("d")})
    ASSERT_TRUE((*watch)->cover(path, (*tree->open(path))->stat()));
  write("new", "x");
  fs::rename(at("new"), at("d/moved"));
  fs::remove(at("d/moved"));
  std::map<std::string, int> heard;
  while (true) {
    const auto batch = (*watch)->read(milliseconds(0), milliseconds(0));
    ASSERT_TRUE(batch);
    if (batch->events.empty() && !batch->has_mounts_changed) break;
    for (const host::WatchEvent& event : batch->events) {
      const std::string name = event.path.substr(root_.string().size() + 1);
      if (event.is_new) ++heard["new " + name];
      if (event.is_gone) ++heard["gone " + name];
      if (event.was_closed) ++heard["closed " + name];
    }
  }
  EXPECT_EQ(heard, (std::map<std::string, int>{
                       {"new new", 1}, {"closed new", 1}, {"gone new", 1}, {"new d/moved", 1}, {"gone d/moved", 1}}));
}

}  // namespace
}  // namespace warder::agent
