#include "manager/stream/stream_settings.h"

#include <array>

#include "base/file.h"

namespace warder::manager {

std::span<const Field<StreamSettings>> StreamSettings::fields() noexcept {
  using S = StreamSettings;
  using enum PersonalData;
  static const std::array kFields{
      Field<S>{"name", &S::name, 1, 100, None, "Name of the stream: letters, digits, '.', '_', '-' and '/'."},
      Field<S>{"destination", &S::destination, 1, 1000, None,
               "https://receiver.example:8450/stream, for records by POST, or syslog://receiver.example:6514, for "
               "syslog (RFC 5424) over TLS."},
      Field<S>{"receiver_key", &S::receiver_key, 1, 200, None,
               "Public key of the receiver, as `warder stream keygen` prints it: x25519:…"},
      Field<S>{"key_file", &S::key_file, 1, 4096, None,
               "The key that signs the stream, of mode 0600; made when there is none."},
      Field<S>{"ca_file", &S::ca_file, 0, 4096, None,
               "PEM file with the authorities of the receiver's certificate. Empty: the system's."},
      Field<S>{"server_name", &S::server_name, 0, 253, None,
               "Name in the receiver's certificate, for syslog. Empty: that of the destination."},
      Field<S>{"token_file", &S::token_file, 0, 4096, None,
               "File with a bearer token that is sent with each POST. Empty: none."},
      Field<S>{"heartbeat_s", &S::heartbeat_s, 1, 3600, None,
               "Seconds between heartbeats: silence longer than that is noticed."},
      Field<S>{"spool_max_bytes", &S::spool_max_bytes, 1 << 20, std::int64_t{1} << 40, None,
               "Sealed records that wait for the receiver on this disk. Beyond it, events wait where they are stored, "
               "until their retention ends."},
  };
  return kFields;
}

Result<StreamSettings> load_stream_settings(const std::filesystem::path& path) {
  auto settings = WD_TRY(parse_toml_as<StreamSettings>(WD_TRY(read_file(path)), path.string()));
  const std::string where = path.string() + ": ";
  if (!stream::is_stream_name(settings.name)) return fail(ErrorCode::Invalid, where + "name: is none of a stream");
  WD_TRY(stream::parse_receiver_key(settings.receiver_key).in(where + "receiver_key"));
  if (!settings.destination.starts_with("https://") && !settings.destination.starts_with("syslog://"))
    return fail(ErrorCode::Invalid, where + "destination: begins with https:// or syslog://");
  return settings;
}

Result<stream::StreamKey> open_stream_key(const StreamSettings& settings) {
  const std::filesystem::path path = settings.key_file;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    stream::StreamKey key{settings.name, crypto::SigningKey::generate()};
    WD_TRY(write_file_atomically(path, stream::to_text(key)));
    return key;
  }
  if (error) return fail_errno(path.string(), error.value());
  using std::filesystem::perms;
  if ((status.permissions() & (perms::group_all | perms::others_all)) != perms::none)
    return fail(ErrorCode::Forbidden, path.string() + ": others may use it; chmod 600");
  auto key = WD_TRY(stream::parse_stream_key(WD_TRY(read_file(path, 4096))).in(path.string()));
  if (key.name != settings.name)
    return fail(ErrorCode::Conflict, path.string() + ": is the key of the stream " + key.name);
  return key;
}

}  // namespace warder::manager
