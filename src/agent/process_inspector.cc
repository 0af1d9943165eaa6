#include "agent/process_inspector.h"

#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "agent/sandbox.h"
#include "base/bytes.h"
#include "host/linux/linux_host.h"
#include "host/linux/process_events.h"

namespace warder::agent {
namespace {

constexpr int kPatienceMs = 10'000;  // /proc waits for a process that is stuck with its memory map held

void to_wire(const host::ProcessInfo& info, protocol::InspectedProcess& out) {
  out.set_pid(info.pid);
  out.set_parent(info.parent);
  out.set_start_tick(info.start_tick);
  out.set_executable(info.executable);
  out.set_command_line(info.command_line);
  if (info.uid) out.set_uid(*info.uid);
  if (info.login_uid) out.set_login_uid(*info.login_uid);
  out.set_control_group(info.control_group);
  out.set_container_id(info.container_id);
}

host::ProcessInfo from_wire(const protocol::InspectedProcess& wire) {
  host::ProcessInfo info;
  info.pid = wire.pid();
  info.parent = wire.parent();
  info.start_tick = wire.start_tick();
  info.executable = wire.executable();
  info.command_line = wire.command_line();
  if (wire.has_uid()) info.uid = wire.uid();
  if (wire.has_login_uid()) info.login_uid = wire.login_uid();
  info.control_group = wire.control_group();
  info.container_id = wire.container_id();
  return info;
}

void to_wire(const host::ListeningSocket& socket, protocol::InspectedSocket& out) {
  out.set_protocol(static_cast<std::uint32_t>(socket.protocol));
  out.set_is_v6(socket.is_v6);
  out.set_address(std::string(as_text(socket.address.bytes())));
  out.set_port(socket.port);
  out.set_uid(socket.uid);
  out.set_inode(socket.inode);
  out.set_interface(socket.interface);
  protocol::InspectedProcess& owner = *out.mutable_owner();
  owner.set_pid(socket.pid);
  owner.set_executable(socket.executable);
  owner.set_control_group(socket.control_group);
  owner.set_container_id(socket.container_id);
}

host::ListeningSocket from_wire(const protocol::InspectedSocket& wire) {
  host::ListeningSocket socket;
  socket.protocol = static_cast<host::SocketProtocol>(wire.protocol());
  socket.is_v6 = wire.is_v6();
  std::array<std::uint8_t, 16> address{};
  if (wire.address().size() == address.size()) std::ranges::copy(as_bytes(wire.address()), address.begin());
  socket.address = IpAddress::v6(address);
  socket.port = static_cast<std::uint16_t>(wire.port());
  socket.uid = wire.uid();
  socket.inode = wire.inode();
  socket.interface = wire.interface();
  socket.pid = wire.owner().pid();
  socket.executable = wire.owner().executable();
  socket.control_group = wire.owner().control_group();
  socket.container_id = wire.owner().container_id();
  return socket;
}

protocol::Inspected answer(const protocol::Inspect& question, const InspectorPorts& ports) {
  protocol::Inspected answer;
  const auto tell = [&answer](const auto& all, const auto& add) {
    if (!all) answer.set_error(all.error().message);
    if (all)
      for (const auto& each : *all) add(each);
  };
  if (question.what() == protocol::Inspect::PROCESS) {
    if (const auto info = ports.processes.find(question.pid())) to_wire(*info, *answer.add_processes());
  } else if (question.what() == protocol::Inspect::PROCESSES) {
    tell(ports.facts.processes(), [&](const host::ProcessInfo& each) { to_wire(each, *answer.add_processes()); });
  } else if (question.what() == protocol::Inspect::SOCKETS) {
    tell(ports.facts.listening_sockets(),
         [&](const host::ListeningSocket& each) { to_wire(each, *answer.add_sockets()); });
  } else if (question.what() == protocol::Inspect::MECHANISM) {
    answer.set_mechanism(ports.events != nullptr ? std::string(ports.events->mechanism()) : "none");
  } else {
    answer.set_error("process inspector: no such question");
  }
  return answer;
}

class InspectedTable final : public host::ProcessTable {
 public:
  explicit InspectedTable(ProcessInspector& inspector)
      : inspector_(inspector), here_(host::make_linux_process_table()) {}

  std::optional<host::ProcessInfo> find(std::int32_t pid) override {
    protocol::Inspect question;
    question.set_what(protocol::Inspect::PROCESS);
    question.set_pid(pid);
    const auto told = inspector_.ask(question);
    if (!told || told->processes_size() != 1) return std::nullopt;
    return from_wire(told->processes(0));
  }
  std::vector<std::int32_t> pids() override { return here_->pids(); }
  std::string user_name(std::uint32_t uid) override { return here_->user_name(uid); }
  std::string group_name(std::uint32_t gid) override { return here_->group_name(gid); }

 private:
  ProcessInspector& inspector_;
  std::unique_ptr<host::ProcessTable> here_;
};

class InspectedFacts final : public host::HostFacts {
 public:
  InspectedFacts(ProcessInspector& inspector, std::unique_ptr<host::HostFacts> here)
      : inspector_(inspector), here_(std::move(here)) {}

  Result<std::vector<host::ListeningSocket>> listening_sockets() override {
    const auto told = WD_TRY(ask(protocol::Inspect::SOCKETS));
    std::vector<host::ListeningSocket> sockets;
    for (const protocol::InspectedSocket& wire : told.sockets()) sockets.push_back(from_wire(wire));
    return sockets;
  }
  Result<std::vector<host::ProcessInfo>> processes() override {
    const auto told = WD_TRY(ask(protocol::Inspect::PROCESSES));
    std::vector<host::ProcessInfo> processes;
    for (const protocol::InspectedProcess& wire : told.processes()) processes.push_back(from_wire(wire));
    return processes;
  }
  Result<host::SystemIdentity> system() override { return here_->system(); }
  Result<std::vector<host::User>> users() override { return here_->users(); }
  Result<std::vector<host::Group>> groups() override { return here_->groups(); }
  Result<std::vector<host::Package>> software(const host::SoftwareSearch& search) override {
    return here_->software(search);
  }
  Result<std::vector<host::PackageFile>> files_of(const host::Package& package) override {
    return here_->files_of(package);
  }
  Result<std::vector<host::Service>> services() override { return here_->services(); }
  Result<std::vector<host::KernelModule>> kernel_modules() override { return here_->kernel_modules(); }
  Result<std::vector<host::ScheduledJob>> scheduled_jobs() override { return here_->scheduled_jobs(); }
  Result<std::vector<host::Mount>> mounts() override { return here_->mounts(); }
  Result<std::vector<host::Container>> containers() override { return here_->containers(); }

 private:
  Result<protocol::Inspected> ask(protocol::Inspect::What what) {
    protocol::Inspect question;
    question.set_what(what);
    auto told = WD_TRY(inspector_.ask(question));
    if (!told.error().empty()) return fail(ErrorCode::Unavailable, told.error());
    return told;
  }

  ProcessInspector& inspector_;
  std::unique_ptr<host::HostFacts> here_;
};

/// The inspector's process, from fork to end.
[[noreturn]] void be_inspector(UniqueFd fd, pid_t worker) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::getppid() != worker) ::_exit(0);
  const auto own = static_cast<unsigned>(fd.get());
  if (own > 3) ::syscall(SYS_close_range, 3U, own - 1, 0U);
  ::syscall(SYS_close_range, own + 1, ~0U, 0U);
  ::prctl(PR_SET_NAME, "warder-inspect", 0, 0, 0);
  const auto events = host::open_process_events();
  SandboxOptions sandbox;
  sandbox.capabilities = {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE};
  sandbox.inspects_processes = true;
  if (!enter_sandbox(sandbox)) ::_exit(1);
  const auto live = host::make_linux_process_table();
  const auto facts = host::make_linux_facts();
  host::RecentProcesses processes(*live);
  Channel channel(std::move(fd));
  serve_inspector(channel, {processes, *facts, events.get()});
  ::_exit(0);
}

}  // namespace

void serve_inspector(Channel& channel, const InspectorPorts& ports) {
  std::array<pollfd, 2> waiting{
      {{channel.fd(), POLLIN, 0}, {ports.events != nullptr ? ports.events->fd() : -1, POLLIN, 0}}};
  for (;;) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (ports.events != nullptr) ports.events->read(ports.processes);
    if (waiting[0].revents == 0) continue;
    for (;;) {
      const auto message = channel.poll();
      if (!message) return;
      if (!*message) break;
      // A question is about what happened before it was asked.
      if (ports.events != nullptr) ports.events->read(ports.processes);
      protocol::WorkerEnvelope reply;
      *reply.mutable_inspected() = answer((*message)->inspect(), ports);
      if (!channel.send(reply)) return;
    }
  }
}

ProcessInspector::ProcessInspector(UniqueFd fd, std::function<void(const Error&)> on_lost)
    : channel_(std::move(fd)), on_lost_(std::move(on_lost)) {}

std::unique_ptr<host::ProcessTable> ProcessInspector::make_table() {
  return std::make_unique<InspectedTable>(*this);
}

std::unique_ptr<host::HostFacts> ProcessInspector::make_facts(std::unique_ptr<host::HostFacts> here) {
  return std::make_unique<InspectedFacts>(*this, std::move(here));
}

Result<std::string> ProcessInspector::mechanism() {
  protocol::Inspect question;
  question.set_what(protocol::Inspect::MECHANISM);
  return WD_TRY(ask(question)).mechanism();
}

Result<protocol::Inspected> ProcessInspector::ask(const protocol::Inspect& question) {
  protocol::WorkerEnvelope message;
  *message.mutable_inspect() = question;
  const std::lock_guard lock(mutex_);
  const auto exchange = [&]() -> Result<protocol::Inspected> {
    WD_TRY(channel_.send(message));
    pollfd waiting{channel_.fd(), POLLIN, 0};
    int ready = 0;
    do {
      ready = ::poll(&waiting, 1, kPatienceMs);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return fail(ErrorCode::Timeout, "process inspector: no answer");
    auto told = WD_TRY(channel_.receive());
    if (!told) return fail(ErrorCode::Unavailable, "process inspector: it has ended");
    return std::move(*told->mutable_inspected());
  };
  auto told = exchange();
  if (!told) on_lost_(told.error());
  return told;
}

Result<UniqueFd> fork_process_inspector() {
  auto pair = WD_TRY(make_channel_pair());
  const pid_t worker = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("fork", errno);
  if (child == 0) {
    pair.supervisor.reset();
    be_inspector(std::move(pair.worker), worker);
  }
  return std::move(pair.supervisor);
}

}  // namespace warder::agent
