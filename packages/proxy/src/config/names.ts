/**
 * Names of LiteLLM's configuration that have no member of their own in the schema. Data only: known names are not taken for
 * slips of the pen, and those without effect here are said to have none.
 */

/** Top-level sections this release does nothing with. */
export const IDLE_SECTIONS: readonly string[] = words(`
  assistant_settings callback_settings credential_list default_vertex_config files_settings finetune_settings guardrails
  mcp_servers policies prompts search_tools vector_store_registry worker_registry`);

export const IDLE_LITELLM_SETTINGS: readonly string[] = words(`
  allowed_fails allowed_fails_policy api_base api_key api_version audit_log_callbacks cache_responses
  content_policy_fallbacks context_window_fallbacks cooldown_time custom_provider_map default_fallbacks
  default_in_memory_ttl default_in_redis_ttl default_internal_user_params default_key_generate_params default_redis_ttl
  default_team_settings disable_add_transform_inline_image_block disable_copilot_system_to_assistant
  disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only disable_hf_tokenizer_download drop_params
  enable_caching_on_provider_specific_optional_params enable_json_schema_validation enable_key_alias_format_validation
  enable_preview_features fallbacks force_ipv4 guardrails json_logs key_generation_settings langfuse_default_tags
  max_budget max_end_user_budget max_internal_user_budget max_parallel_requests mcp_aliases model_alias_map
  model_group_alias modify_params num_retries post_call_rules pre_call_rules prometheus_initialize_budget_metrics
  public_model_groups redact_messages_in_exceptions redact_user_api_key_info require_auth_for_metrics_endpoint
  s3_callback_params service_callback service_callbacks ssl_certificate ssl_verify store_audit_logs
  turn_off_message_logging upperbound_key_generate_params use_chat_completions_url_for_anthropic_messages
  use_client_credentials_pass_through_routes`);

export const IDLE_GENERAL_SETTINGS: readonly string[] = words(`
  admin_only_routes alert_to_webhook_url alert_types alerting alerting_args alerting_threshold
  allow_client_side_credentials allow_requests_on_db_unavailable allow_user_auth allowed_ips allowed_routes
  background_health_checks completion_model control_plane_url custom_auth custom_key_generate custom_sso
  database_connection_pool_limit database_connection_timeout database_type default_team_disabled
  disable_adding_master_key_hash_to_db disable_error_logs disable_master_key_return disable_prisma_schema_update
  disable_reset_budget disable_responses_id_security disable_retry_on_max_parallel_request_limit_error disable_spend_logs
  disable_spend_updates embedding_model enable_health_check_routing enable_jwt_auth enable_oauth2_auth
  enable_oauth2_proxy_auth enforce_user_param enforced_params forward_client_headers_to_llm_api forward_openai_org_id
  global_max_parallel_requests health_check_details health_check_interval image_generation_model infer_model_from_keys
  key_management_settings key_management_system litellm_jwtauth litellm_key_header_name litellm_license
  max_parallel_requests max_response_size_mb maximum_spend_logs_retention_interval maximum_spend_logs_retention_period
  moderation_model oauth2_config_mappings pass_through_endpoints proxy_batch_polling_interval proxy_batch_write_at
  proxy_budget_rescheduler_max_time proxy_budget_rescheduler_min_time public_routes reject_clientside_metadata_tags
  service_account_settings spend_report_frequency store_model_in_db store_prompts_in_spend_logs supported_db_objects
  ui_access_mode use_azure_key_vault use_client_credentials_pass_through_routes use_google_kms
  use_redis_transaction_buffer use_x_forwarded_for user_header_mappings user_header_name user_mcp_management_mode`);

export const IDLE_ROUTER_SETTINGS: readonly string[] = words(`
  alerting_config allowed_fails allowed_fails_policy assistants_config cache_kwargs cache_responses caching_groups
  client_ttl content_policy_fallbacks context_window_fallbacks cooldown_time debug_level default_fallbacks
  default_litellm_params default_max_parallel_requests default_priority deployment_affinity_ttl_seconds disable_cooldowns
  enable_health_check_routing enable_pre_call_check enable_pre_call_checks enable_tag_filtering fallbacks
  guardrail_list ignore_invalid_deployments max_fallbacks model_group_affinity_config model_group_alias
  model_group_retry_policy num_retries optional_pre_call_checks polling_interval provider_budget_config redis_db
  redis_host redis_password redis_port redis_url retry_after retry_policy router_general_settings routing_groups
  routing_strategy routing_strategy_args search_tools set_verbose tag_filtering_match_any weights`);

/** Members of `litellm_params` that steer LiteLLM itself: never request parameters, and without effect here. */
export const IDLE_DEPLOYMENT_PARAMS: readonly string[] = words(`
  additional_drop_params allow_client_keepalive_override allowed_openai_params auto_router_config
  auto_router_config_path auto_router_default_model auto_router_embedding_model aws_access_key_id
  aws_bedrock_runtime_endpoint aws_external_id aws_profile_name aws_region_name aws_role_name aws_secret_access_key
  aws_session_name aws_session_token aws_sts_endpoint aws_web_identity_token azure_ad_token azure_password azure_scope
  azure_username base_model budget_duration client_id client_secret configurable_clientside_auth_params cooldown_time
  default_api_key_rpm_limit default_api_key_tpm_limit drop_params input_cost_per_second input_cost_per_token
  keepalive_seconds litellm_credential_name litellm_trace_id max_budget max_file_size_mb max_parallel_requests
  merge_reasoning_content_in_choices mock_timeout num_retries order output_cost_per_second output_cost_per_token
  region_name ssl_verify tag_regex tags tenant_id use_chat_completions_api use_in_pass_through use_litellm_proxy
  vertex_credentials vertex_location vertex_project watsonx_region_name`);

/** Read and checked already; nobody acts on them yet, and an operator who sets a limit has to know. */
export const CHECKED_DEPLOYMENT_PARAMS: readonly string[] = words('api_version max_retries rpm tpm weight');

/** Request parameters of the OpenAI API and of servers like it: in `litellm_params` they are defaults. Others are sent as well. */
export const REQUEST_PARAMS: readonly string[] = words(`
  audio best_of chat_template_kwargs dimensions echo enable_thinking encoding_format frequency_penalty function_call functions guided_choice guided_json
  guided_regex ignore_eos include include_reasoning input instructions keep_alive language length_penalty logit_bias logprobs
  max_completion_tokens max_output_tokens max_tokens max_tool_calls messages metadata min_p min_tokens modalities
  models n num_ctx parallel_tool_calls plugins prediction
  presence_penalty prompt prompt_cache_key prompt_cache_retention
  provider reasoning reasoning_effort repetition_penalty response_format route safety_identifier
  seed service_tier skip_special_tokens speed stop stop_token_ids store stream stream_options suffix
  temperature text thinking tool_choice tools top_a top_k top_logprobs top_p transforms truncation user verbosity
  voice web_search_options`);

/** Members of `cache_params` that LiteLLM knows and nobody here acts on. */
export const IDLE_CACHE_PARAMS: readonly string[] = words('max_messages');

const REDIS_PARAMS = words(`
  connection_pool_timeout db gcp_service_account gcp_ssl_ca_certs host max_connections password port redis_flush_size
  redis_startup_nodes redis_url sentinel_nodes sentinel_password service_name socket_connect_timeout socket_keepalive
  socket_timeout ssl ssl_ca_certs ssl_certfile ssl_cert_reqs ssl_check_hostname ssl_keyfile startup_nodes url username`);

const SEMANTIC_PARAMS = words('semantic_cache_embedding_timeout semantic_cache_scope similarity_threshold');

/** Members of `cache_params` that belong to the types of LiteLLM. A type that is not here is a package: its members are its own. */
export const PARAMS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  local: [],
  redis: REDIS_PARAMS,
  s3: words(`
    s3_api_version s3_aws_access_key_id s3_aws_secret_access_key s3_aws_session_token s3_bucket_name s3_config
    s3_create_bucket s3_endpoint_url s3_path s3_region_name s3_use_ssl s3_verify`),
  disk: words('disk_cache_dir disk_max_bytes'),
  gcs: words('gcs_bucket_name gcs_path gcs_path_service_account'),
  'azure-blob': words('azure_account_url azure_blob_container'),
  'qdrant-semantic': [
    ...SEMANTIC_PARAMS,
    ...words(`
      qdrant_api_base qdrant_api_key qdrant_collection_name qdrant_quantization_config
      qdrant_semantic_cache_embedding_model qdrant_semantic_cache_vector_size`),
  ],
  'redis-semantic': [
    ...REDIS_PARAMS,
    ...SEMANTIC_PARAMS,
    ...words('redis_semantic_cache_embedding_model redis_semantic_cache_index_name'),
  ],
  'valkey-semantic': [
    ...REDIS_PARAMS,
    ...SEMANTIC_PARAMS,
    ...words('valkey_semantic_cache_embedding_model valkey_semantic_cache_index_name'),
  ],
};

/** Members of `cache_params` that belong to one backend or another. */
export const BACKEND_PARAMS: readonly string[] = [...new Set(Object.values(PARAMS_OF_TYPE).flat())];

/** Members of `cache_params` that hold the address of a Redis server, and the variables that do. */
export const REDIS_ADDRESS_PARAMS: readonly string[] = words(
  'host url redis_url redis_startup_nodes startup_nodes sentinel_nodes unix_socket_path',
);
export const REDIS_ADDRESS_VARIABLES: readonly string[] = words(
  'REDIS_URL REDIS_HOST REDIS_CLUSTER_NODES REDIS_SENTINEL_NODES REDIS_UNIX_SOCKET_PATH',
);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
