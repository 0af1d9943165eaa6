// Which class and activity of OCSF an event type is.
#pragma once

#include <cstdint>
#include <string_view>

namespace warder::formats {

enum class OcsfClassUid : std::uint16_t {
  BaseEvent = 0,
  FileSystemActivity = 1001,
  DetectionFinding = 2004,
  Authentication = 3002,
  EntityManagement = 3004,
  NetworkActivity = 4001,
  DeviceConfigStateChange = 5019,
  ApplicationLifecycle = 6002,
  ApiActivity = 6003,
  ScanActivity = 6007,
  ApplicationError = 6008,
  RemediationActivity = 7001,
  FileRemediationActivity = 7002,
};

struct OcsfClass {
  OcsfClassUid uid;
  std::string_view name;
  int category_uid;
  std::string_view category_name;
};

const OcsfClass& ocsf_class(OcsfClassUid uid) noexcept;

inline constexpr int kOtherActivity = 99;

/// What an event type is. An activity that OCSF has no number for is Other with a name of our own.
struct OcsfKind {
  OcsfClassUid class_uid;
  int activity_id;
  std::string_view activity_name;
};

/// Types that are not in the table are Base Events.
OcsfKind ocsf_kind(std::string_view event_type) noexcept;

}  // namespace warder::formats
