#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "host/linux/process_events.h"

namespace warder::host {
namespace {

constexpr int kReceiveBuffer = 1 << 20;
constexpr std::size_t kHead = NLMSG_HDRLEN + sizeof(cn_msg);
constexpr int kMaxReads = 8192;  // more than the receive buffer holds

void take(const proc_event& event, RecentProcesses& into) {
  if (event.what == proc_event::PROC_EVENT_FORK) {
    const auto& fork = event.event_data.fork;
    if (fork.child_pid == fork.child_tgid) into.on_fork(fork.parent_tgid, fork.child_tgid);  // no new thread
  } else if (event.what == proc_event::PROC_EVENT_EXEC) {
    into.on_exec(event.event_data.exec.process_tgid);
  } else if (event.what == proc_event::PROC_EVENT_EXIT) {
    const auto& exit = event.event_data.exit;
    if (exit.process_pid == exit.process_tgid) into.on_exit(exit.process_tgid);
  }
}

/// A netlink message that holds a connector message that holds the wish to listen.
Result<void> subscribe(int fd) {
  constexpr proc_cn_mcast_op kOperation = PROC_CN_MCAST_LISTEN;
  std::array<char, kHead + sizeof kOperation> bytes{};
  nlmsghdr header{};
  header.nlmsg_len = bytes.size();
  header.nlmsg_type = NLMSG_DONE;
  cn_msg message{};
  message.id.idx = CN_IDX_PROC;
  message.id.val = CN_VAL_PROC;
  message.len = sizeof kOperation;
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + NLMSG_HDRLEN, &message, sizeof message);
  std::memcpy(bytes.data() + kHead, &kOperation, sizeof kOperation);
  if (::send(fd, bytes.data(), bytes.size(), 0) < 0) return fail_errno("process events", errno);
  return {};
}

class ProcessConnector final : public ProcessEvents {
 public:
  explicit ProcessConnector(UniqueFd fd) : fd_(std::move(fd)) {}

  [[nodiscard]] std::string_view mechanism() const noexcept override { return "connector"; }
  [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
  void read(RecentProcesses& into) override;

 private:
  UniqueFd fd_;
};

void ProcessConnector::read(RecentProcesses& into) {
  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  bool has_lost = false;
  for (int i = 0; i < kMaxReads; ++i) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t size =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0 && errno == ENOBUFS) {
      has_lost = true;
      continue;
    }
    if (size < 0) break;
    if (from.nl_pid != 0 || static_cast<std::size_t>(size) < kHead) continue;  // from a process, not the kernel
    // Older kernels have shorter events than this header knows.
    proc_event event{};
    std::memcpy(&event, buffer.data() + kHead, std::min(sizeof event, static_cast<std::size_t>(size) - kHead));
    take(event, into);
  }
  // After what was there before the loss.
  if (has_lost) into.forget();
}

}  // namespace

Result<void> require_initial_pids() {
  constexpr ino_t kInitial = 0xEFFFFFFC;  // PROC_PID_INIT_INO of linux/proc_ns.h
  struct stat own {};
  if (::stat("/proc/self/ns/pid", &own) == 0 && own.st_ino == kInitial) return {};
  return fail(ErrorCode::Unavailable, "process events: not in the initial PID namespace");
}

Result<std::unique_ptr<ProcessEvents>> open_process_connector() {
  WD_TRY(require_initial_pids());
  UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!fd.is_open()) return fail(ErrorCode::Unavailable, "process events: this kernel has no connector");
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("process events", errno);
  WD_TRY(subscribe(fd.get()));
  return std::unique_ptr<ProcessEvents>(std::make_unique<ProcessConnector>(std::move(fd)));
}

std::unique_ptr<ProcessEvents> open_process_events() {
  for (const auto open : {&open_process_trace, &open_process_connector})
    if (auto events = open()) return std::move(*events);
  return nullptr;
}

}  // namespace warder::host
