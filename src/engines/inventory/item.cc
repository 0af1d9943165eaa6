#include "engines/inventory/item.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace warder::inventory {
namespace {

using enum PersonalData;

constexpr std::array kSystem{
    AttributeRow{"architecture", None, "\"x86_64\""},
    AttributeRow{"bios_version", None, "of the firmware"},
    AttributeRow{"cloud_instance_id", Identifier, "what the cloud calls the machine"},
    AttributeRow{"cloud_instance_type", None, "size of the machine"},
    AttributeRow{"cloud_provider", None, "\"aws\", \"gcp\", \"azure\" …"},
    AttributeRow{"cloud_region", None, "where it is"},
    AttributeRow{"cloud_zone", None, "where in the region"},
    AttributeRow{"hardware_product", None, "of the firmware (DMI)"},
    AttributeRow{"hardware_vendor", None, "of the firmware (DMI)"},
    AttributeRow{"kernel_release", None, "what uname -r says"},
    AttributeRow{"kernel_version", None, "what uname -v says"},
    AttributeRow{"memory_mb", None, "megabytes of memory"},
    AttributeRow{"os_codename", None, "\"bookworm\""},
    AttributeRow{"os_id", None, "\"debian\""},
    AttributeRow{"os_like", None, "families: \"rhel fedora\""},
    AttributeRow{"os_name", None, "for people"},
    AttributeRow{"processors", None, "how many"},
    AttributeRow{"timezone", None, "\"Europe/Berlin\""},
};
constexpr std::array kPackage{
    AttributeRow{"architecture", None, "\"amd64\""},
    AttributeRow{"location", Content, "directory or file, of language packages"},
    AttributeRow{"manager", None, "dpkg, rpm, python, npm, gem, go or java"},
    AttributeRow{"source", None, "source package"},
    AttributeRow{"source_version", None, "version of the source package"},
    AttributeRow{"vendor", None, "who packaged it"},
};
constexpr std::array kService{
    AttributeRow{"command", Content, "what it runs"},
    AttributeRow{"description", None, "in its unit file"},
    AttributeRow{"dropins", None, "files that change the unit"},
    AttributeRow{"path", None, "unit file or script"},
    AttributeRow{"start", None, "enabled, disabled, static or masked"},
    AttributeRow{"state", None, "active or inactive"},
    AttributeRow{"user", Identifier, "whom it runs as"},
};
constexpr std::array kSocket{
    AttributeRow{"address", None, "local address"},
    AttributeRow{"container", None, "container of the process"},
    AttributeRow{"executable", Content, "program that waits"},
    AttributeRow{"port", None, "number"},
    AttributeRow{"protocol", None, "tcp or udp"},
    AttributeRow{"service", None, "systemd unit of the process"},
    AttributeRow{"user", Identifier, "who opened it"},
};
constexpr std::array kUser{
    AttributeRow{"expires", None, "day on which the account ends"},
    AttributeRow{"gid", Identifier, "number of the main group"},
    AttributeRow{"groups", None, "all groups"},
    AttributeRow{"home", Identifier, "home directory"},
    AttributeRow{"password", None, "set, locked, empty or unknown"},
    AttributeRow{"password_changed", None, "day of the last change"},
    AttributeRow{"password_max_days", None, "days until it must be changed"},
    AttributeRow{"password_scheme", None, "hash method: yescrypt, sha512, md5 …"},
    AttributeRow{"shell", None, "login program"},
    AttributeRow{"uid", Identifier, "number"},
};
constexpr std::array kGroup{
    AttributeRow{"administrators", Identifier, "who may change its members"},
    AttributeRow{"gid", None, "number"},
    AttributeRow{"members", Identifier, "users in it"},
};
constexpr std::array kProgram{
    AttributeRow{"container", None, "container it runs in"},
    AttributeRow{"user", Identifier, "whom it runs as"},
};
constexpr std::array kKernelModule{
    AttributeRow{"source_version", None, "checksum of its sources"},
    AttributeRow{"taint", None, "O: out of tree, E: unsigned, P: proprietary"},
};
constexpr std::array kJob{
    AttributeRow{"command", Content, "what runs"},
    AttributeRow{"path", Content, "file that says so"},
    AttributeRow{"schedule", None, "when"},
    AttributeRow{"type", None, "crontab, user-crontab, periodic, timer or at"},
    AttributeRow{"user", Identifier, "whom it runs as"},
};
constexpr std::array kMount{
    AttributeRow{"options", None, "of the mount"},
    AttributeRow{"source", None, "device or share"},
    AttributeRow{"type", None, "file system"},
};
constexpr std::array kContainer{
    AttributeRow{"image", None, "as it was asked for"},
    AttributeRow{"image_id", None, "digest of the image"},
    AttributeRow{"privileged", None, "\"true\" where it has all rights"},
    AttributeRow{"runtime", None, "docker, containerd, podman or cri-o"},
    AttributeRow{"state", None, "running or stopped"},
};

constexpr std::array kKinds{
    KindRow{Kind::System, "system", "name: host name; version: of the operating system", kSystem},
    KindRow{Kind::Package, "packages", "name and version as the package manager has them", kPackage},
    KindRow{Kind::Service, "services", "name: of the unit", kService},
    KindRow{Kind::Socket, "sockets", "name: \"tcp/22\"", kSocket},
    KindRow{Kind::User, "users", "name: of the account", kUser},
    KindRow{Kind::Group, "groups", "name: of the group", kGroup},
    KindRow{Kind::Program, "programs", "name: path of a program that runs", kProgram},
    KindRow{Kind::KernelModule, "kernel-modules", "name and version of the module", kKernelModule},
    KindRow{Kind::Job, "jobs", "name: of the file that schedules it", kJob},
    KindRow{Kind::Mount, "mounts", "name: where it is mounted", kMount},
    KindRow{Kind::Container, "containers", "name: of the container", kContainer},
};

void add_part(Bytes& out, std::string_view part) {
  append_u32be(out, static_cast<std::uint32_t>(part.size()));
  append(out, as_bytes(part));
}

}  // namespace

std::span<const KindRow> kinds() noexcept {
  return kKinds;
}

const KindRow& row_of(Kind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind) - 1];
}

std::string_view name(Kind kind) noexcept {
  return row_of(kind).name;
}

std::optional<Kind> find_kind(std::string_view name) noexcept {
  const auto it = std::ranges::find(kKinds, name, &KindRow::name);
  return it == kKinds.end() ? std::nullopt : std::optional(it->kind);
}

std::optional<Kind> kind_of(std::uint32_t number) noexcept {
  if (number == 0 || number > kKinds.size()) return std::nullopt;
  return static_cast<Kind>(number);
}

std::string clean(std::string_view bytes) {
  std::string text = escape_non_utf8(bytes.substr(0, 4 * kMaxText));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return std::string(cut_utf8(text, kMaxText));
}

std::string_view attribute(const Item& item, std::string_view key) noexcept {
  const auto it = std::ranges::find(item.attributes, key, &std::pair<std::string, std::string>::first);
  return it == item.attributes.end() ? std::string_view{} : std::string_view(it->second);
}

crypto::Digest digest(const Item& item) {
  Bytes bytes;
  add_part(bytes, item.key);
  add_part(bytes, item.name);
  add_part(bytes, item.version);
  for (const auto& [key, value] : item.attributes) {
    add_part(bytes, key);
    add_part(bytes, value);
  }
  return crypto::sha256(bytes);
}

crypto::Digest digest(std::span<const Item> items) {
  crypto::Sha256 all;
  for (const Item& item : items) all.update(digest(item));
  return all.finish();
}

}  // namespace warder::inventory
