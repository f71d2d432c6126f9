"""The memory of the sandbox: one module per table or per family of files, SQL nowhere else."""
