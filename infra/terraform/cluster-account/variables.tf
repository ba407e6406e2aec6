# All but the last three come from `npm run template -- <account> --terraform`, which derives them from hallpass.yaml.

variable "hub" {
  description = "The id of the Hallpass installation."
  type        = string
}

variable "executors" {
  description = "Roles through which the hub acts on this account's clusters, by name."
  type        = any
}

variable "emergency" {
  description = "The role for when the hub is down, where the configuration has one."
  type        = any
  default     = null
}

variable "reaper" {
  description = "The function that ends overdue access without the hub."
  type        = any
}

variable "reaper_code" {
  description = "Path of a zip of dist/functions/reaper."
  type        = string
}

variable "alarm_email" {
  description = "Who is told of alarms. Without it nobody is, until somebody subscribes to the topic."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of your own."
  type        = map(string)
  default     = {}
}
