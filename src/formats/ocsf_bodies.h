// What each class of OCSF holds, a file for each group of classes. False: the event lacks what the class demands.
#pragma once

#include "formats/ocsf_classes.h"
#include "formats/ocsf_event.h"

namespace warder::formats {

// ocsf_findings.cc
bool fill_detection_finding(OcsfEvent& out, const OcsfKind& kind);
// ocsf_files.cc
bool fill_file_system_activity(OcsfEvent& out, const OcsfKind& kind);
bool fill_remediation(OcsfEvent& out, const OcsfKind& kind);
bool fill_file_remediation(OcsfEvent& out, const OcsfKind& kind);
bool fill_scan_activity(OcsfEvent& out, const OcsfKind& kind);
// ocsf_network.cc
bool fill_network_activity(OcsfEvent& out, const OcsfKind& kind);
// ocsf_identity.cc
bool fill_authentication(OcsfEvent& out, const OcsfKind& kind);
bool fill_entity_management(OcsfEvent& out, const OcsfKind& kind);
// ocsf_application.cc
bool fill_application_lifecycle(OcsfEvent& out, const OcsfKind& kind);
bool fill_application_error(OcsfEvent& out, const OcsfKind& kind);
bool fill_api_activity(OcsfEvent& out, const OcsfKind& kind);
bool fill_device_config_state_change(OcsfEvent& out, const OcsfKind& kind);
bool fill_base_event(OcsfEvent& out, const OcsfKind& kind);

/// A line about a login, which is an Authentication rather than a finding.
bool is_login(const OcsfEvent& out);

}  // namespace warder::formats
