"""What is processed, by whom, why and with which rights? The records of processing of GDPR Art. 30, drawn from what is enforced."""
