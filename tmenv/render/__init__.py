"""Pictures of tracks and cars: a software renderer, cameras, LIDAR from pixels; video, plots and web pages."""
