#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "base/bytes.h"
#include "base/file.h"
#include "host/containers.h"
#include "host/linux/process_events.h"
#include "host/linux/process_trace_program.h"

namespace warder::host {
namespace {

constexpr int kPatience = 200;  // times that an unfinished record is waited for
constexpr unsigned kPauseUs = 100;
constexpr std::uint32_t kRingBytes = 1 << 20;  // 1,200 programs started between two looks
constexpr std::uint32_t kNoLogin = 0xffffffff;
constexpr std::size_t kMaxGroups = 4096;
constexpr std::uint64_t kNanoseconds = 1'000'000'000;

struct Point {
  TraceKind kind;
  const char* type;  // of the tracepoint, in the kernel's type information
};
// In this order: who is seen to be made is seen to run its own program, too.
constexpr std::array kPoints = {Point{TraceKind::Exit, "btf_trace_sched_process_exit"},
                                Point{TraceKind::Exec, "btf_trace_sched_process_exec"},
                                Point{TraceKind::Fork, "btf_trace_sched_process_fork"}};

using Types = std::unique_ptr<btf, decltype(&btf__free)>;
using Ring = std::unique_ptr<ring_buffer, decltype(&ring_buffer__free)>;

std::string link_text(const std::string& path) {
  std::string text(PATH_MAX, '\0');
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

/// The paths of control groups by their numbers, which are the inodes of the unified hierarchy.
class ControlGroups {
 public:
  /// Empty: not known.
  const std::string& find(std::uint64_t id) {
    if (paths_.size() >= kMaxGroups) paths_.clear();
    const auto [it, is_new] = paths_.try_emplace(id);
    if (is_new) it->second = resolve(id);
    return it->second;
  }

 private:
  std::string resolve(std::uint64_t id) {
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      const UniqueFd mount(::open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      struct alignas(file_handle) {
        std::array<char, sizeof(file_handle) + sizeof(std::uint64_t)> bytes{};
      } raw;
      constexpr std::array<std::uint32_t, 2> kHead = {sizeof id, 0xfe};  // FILEID_KERNFS: linux/exportfs.h
      std::memcpy(raw.bytes.data(), kHead.data(), sizeof kHead);
      std::memcpy(raw.bytes.data() + sizeof(file_handle), &id, sizeof id);
      void* handle = raw.bytes.data();
      const UniqueFd group(::open_by_handle_at(mount.get(), static_cast<file_handle*>(handle), O_PATH | O_CLOEXEC));
      if (!group.is_open()) continue;
      const std::string path = link_text("/proc/self/fd/" + std::to_string(group.get()));
      if (path.starts_with(root)) return path.size() == std::strlen(root) ? "/" : path.substr(std::strlen(root));
    }
    return {};
  }

  std::unordered_map<std::uint64_t, std::string> paths_;
};

std::string_view text_in(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.substr(0, text.find('\0'));
}

/// The name that a program was started by, without links where it still is that file.
std::string path_of(std::string_view name, const TraceHead& head) {
  std::string path(name);
  struct stat now {};
  // linux/kdev_t.h: 12 bits and 20
  const dev_t device = makedev(head.device >> 20, head.device & 0xfffff);
  if (path.empty() || path[0] != '/' || ::stat(path.c_str(), &now) != 0) return path;
  if (now.st_ino != head.inode || now.st_dev != device) return path;
  std::array<char, PATH_MAX> real{};
  return ::realpath(path.c_str(), real.data()) != nullptr ? real.data() : path;
}

std::string joined(ByteView arguments) {
  std::string text(as_text(arguments));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

class ProcessTrace final : public ProcessEvents {
 public:
  ProcessTrace() : ring_(nullptr, &ring_buffer__free) {}
  ~ProcessTrace() override {
    if (lost_ != nullptr) ::munmap(lost_, page());
    if (places_ != nullptr) ::munmap(places_, 2 * page());
  }
  ProcessTrace(const ProcessTrace&) = delete;
  ProcessTrace& operator=(const ProcessTrace&) = delete;

  Result<void> start();
  [[nodiscard]] std::string_view mechanism() const noexcept override { return "ebpf"; }
  [[nodiscard]] int fd() const noexcept override { return ring_buffer__epoll_fd(ring_.get()); }
  void read(RecentProcesses& into) override;

 private:
  bool consume();
  static std::size_t page() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }
  Result<void> make_maps();
  void take(ByteView record);
  void take_exec(const TraceHead& head, ByteView strings);

  UniqueFd ring_map_;
  UniqueFd lost_map_;
  std::array<UniqueFd, kPoints.size()> links_;  // last one out of the kernel with these
  Ring ring_;
  std::uint64_t* lost_ = nullptr;
  void* places_ = nullptr;  // of the ring: a page with the reader's place, one with the kernel's
  std::uint64_t known_lost_ = 0;
  ControlGroups groups_;
  RecentProcesses* into_ = nullptr;  // while reading
};

Result<void> ProcessTrace::make_maps() {
  ring_map_ = UniqueFd(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "warder_news", 0, 0, kRingBytes, nullptr));
  if (!ring_map_.is_open()) return fail_errno("process trace: ring", errno);
  LIBBPF_OPTS(bpf_map_create_opts, options);
  options.map_flags = BPF_F_MMAPABLE;
  lost_map_ = UniqueFd(
      ::bpf_map_create(BPF_MAP_TYPE_ARRAY, "warder_lost", sizeof(std::uint32_t), sizeof(std::uint64_t), 1, &options));
  if (!lost_map_.is_open()) return fail_errno("process trace: counter", errno);
  void* const mapped = ::mmap(nullptr, page(), PROT_READ | PROT_WRITE, MAP_SHARED, lost_map_.get(), 0);
  if (mapped == MAP_FAILED) return fail_errno("process trace: counter", errno);
  lost_ = static_cast<std::uint64_t*>(mapped);
  void* const places = ::mmap(nullptr, 2 * page(), PROT_READ, MAP_SHARED, ring_map_.get(), 0);
  if (places == MAP_FAILED) return fail_errno("process trace: ring", errno);
  places_ = places;
  const auto on_record = [](void* self, void* bytes, std::size_t size) {
    static_cast<ProcessTrace*>(self)->take({static_cast<const std::uint8_t*>(bytes), size});
    return 0;
  };
  ring_.reset(ring_buffer__new(ring_map_.get(), on_record, this, nullptr));
  if (!ring_) return fail_errno("process trace: ring", errno);
  return {};
}

Result<void> ProcessTrace::start() {
  WD_TRY(require_initial_pids());
  libbpf_set_print(nullptr);  // what fails is told by the result
  const Types types(btf__load_vmlinux_btf(), &btf__free);
  if (!types) return fail_errno("process trace: the kernel's type information", errno);
  WD_TRY(make_maps());
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    const std::int32_t type = btf__find_by_name_kind(types.get(), kPoints[i].type, BTF_KIND_TYPEDEF);
    if (type < 0) return fail(ErrorCode::Unavailable, std::string("process trace: no ") + kPoints[i].type);
    const auto code = WD_TRY(make_trace_program(kPoints[i].kind, *types, {ring_map_.get(), lost_map_.get()}));
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = BPF_TRACE_RAW_TP;
    options.attach_btf_id = static_cast<std::uint32_t>(type);
    const UniqueFd program(
        ::bpf_prog_load(BPF_PROG_TYPE_TRACING, "warder_trace", "Dual BSD/GPL", code.data(), code.size(), &options));
    if (!program.is_open()) return fail_errno("process trace: program", errno);
    links_[i] = UniqueFd(::bpf_raw_tracepoint_open(nullptr, program.get()));
    if (!links_[i].is_open()) return fail_errno("process trace: tracepoint", errno);
  }
  return {};
}

// All that was there when it was called. False: a record before the others is still being written, on a processor
// that does something else in the middle of it.
bool ProcessTrace::consume() {
  const auto place = [this](std::size_t index) {
    auto* const start = static_cast<std::uint8_t*>(places_) + index * page();
    return std::atomic_ref(*static_cast<std::uint64_t*>(static_cast<void*>(start))).load();
  };
  const std::uint64_t end = place(1);
  ring_buffer__consume(ring_.get());
  return place(0) >= end;
}

void ProcessTrace::read(RecentProcesses& into) {
  into_ = &into;
  bool is_whole = consume();
  for (int i = 0; i < kPatience && !is_whole; ++i) {
    ::usleep(kPauseUs);
    is_whole = consume();
  }
  into_ = nullptr;
  // After what was there before the loss.
  const auto lost = std::atomic_ref(*lost_).load();
  if (is_whole && lost == known_lost_) return;
  known_lost_ = lost;
  into.forget();
}

void ProcessTrace::take(ByteView record) {
  TraceHead head;
  if (record.size() < sizeof head) return;
  std::memcpy(&head, record.data(), sizeof head);
  switch (head.kind) {
    case TraceKind::Fork:
      return into_->on_fork(head.parent, head.pid);
    case TraceKind::Exit:
      return into_->on_exit(head.pid);
    case TraceKind::Exec:
      return take_exec(head, record.subspan(sizeof head));
  }
}

void ProcessTrace::take_exec(const TraceHead& head, ByteView strings) {
  constexpr std::size_t kProgram = sizeof(TraceRecord::program);
  if (strings.size() < kProgram + sizeof(TraceRecord::arguments)) return;
  const auto arguments = std::min<std::uint64_t>(head.argument_bytes, sizeof(TraceRecord::arguments));
  ProcessInfo info;
  info.pid = head.pid;
  info.parent = head.parent;
  info.start_tick = head.start_ns / (kNanoseconds / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
  info.executable = path_of(text_in(strings.first(kProgram)), head);
  info.command_line = joined(strings.subspan(kProgram, arguments));
  info.uid = head.uid;
  if (head.login_uid != kNoLogin) info.login_uid = head.login_uid;
  info.control_group = groups_.find(head.control_group);
  info.container_id = container_in(info.control_group);
  into_->on_exec(std::move(info));
}

}  // namespace

Result<std::unique_ptr<ProcessEvents>> open_process_trace() {
  auto trace = std::make_unique<ProcessTrace>();
  WD_TRY(trace->start());
  return std::unique_ptr<ProcessEvents>(std::move(trace));
}

}  // namespace warder::host
