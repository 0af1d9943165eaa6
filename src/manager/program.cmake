if(NOT TARGET warder_gateway OR NOT TARGET warder_routes)
  return()
endif()
warder_library(manager LAYER 79
  SOURCES alert_states.cc all_routes.cc backup_commands.cc backup_jobs.cc config.cc data_lock.cc directory_jobs.cc document_wiring.cc export_command.cc health_wiring.cc incident_jobs.cc installation.cc key_commands.cc key_jobs.cc key_providers.cc listener_certificates.cc notice_wiring.cc regular_jobs.cc report_jobs.cc review_jobs.cc rollout_jobs.cc serve.cc subject_jobs.cc trust_wiring.cc
  DEPS base inventory model crypto keys pack host host_linux store tenancy backup audit identity sso policies events content rule_trials fleet siem privacy independent_stream search notify alerts review reports rollouts incidents provisioning trust net passwords api routes gateway
  TESTS alert_states_test.cc config_test.cc installation_test.cc key_providers_test.cc
  TEST_DEPS store_testing)
warder_program(warder-manager SOURCES main.cc DEPS manager LINK CLI11::CLI11)
