// The kernel's and the system's small text formats; the first byte says which.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"
#include "host/containers.h"
#include "host/kernel_modules.h"
#include "host/mounts.h"
#include "host/scheduled_jobs.h"
#include "host/services.h"
#include "host/sockets.h"
#include "host/system_identity.h"

namespace {

using namespace warder::host;  // NOLINT(google-build-using-namespace)

void require(bool holds) {
  if (!holds) std::abort();
}

void read_sockets(std::string_view text) {
  for (const bool is_v6 : {false, true})
    for (const ListeningSocket& socket : parse_proc_net(text, SocketProtocol::Udp, is_v6)) require(socket.port != 0);
  static_cast<void>(parse_proc_net(text, SocketProtocol::Tcp, false));
}
void read_mounts(std::string_view text) {
  for (const Mount& mount : parse_mountinfo(text)) require(mount.target.front() == '/');
}
void read_crontabs(std::string_view text) {
  for (const bool has_user : {false, true})
    for (const ScheduledJob& job : parse_crontab(text, has_user)) require(!job.user.empty() && !job.command.empty());
  static_cast<void>(at_time(text));
}
void read_units(std::string_view text) {
  const UnitSettings settings = parse_unit(text);
  require(settings.size() <= kMaxUnitSettings);
  Service service;
  apply_unit(service, settings);
  static_cast<void>(service_of(text));
}
void read_modules(std::string_view text) {
  for (const KernelModule& module : parse_modules(text)) require(!module.state.empty());
}
void read_containers(std::string_view text) {
  static_cast<void>(parse_docker_container(text, text));
  static_cast<void>(parse_oci_container("x", text));
  static_cast<void>(parse_storage_containers(text));
  const auto id = container_in(text);
  require(id.empty() || id.size() == 64);
}
void read_identity(std::string_view text) {
  static_cast<void>(parse_os_release(text));
  static_cast<void>(parse_instance_data(text));
}

constexpr std::array kReaders{read_sockets, read_mounts,     read_crontabs, read_units,
                              read_modules, read_containers, read_identity};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kReaders.at(data[0] % kReaders.size())(warder::as_text({data + 1, size - 1}));
  return 0;
}
